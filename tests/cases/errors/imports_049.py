import a,,b
