< hex c0f
