module defaults

go 1.25
