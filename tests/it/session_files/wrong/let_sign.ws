let A uuid
