module defentrymock

go 1.21
