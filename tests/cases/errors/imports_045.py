import a; import
