lambda: lambda
