x = 1;x = 1;x = 1; y z

