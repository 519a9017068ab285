< "C:\dir"
