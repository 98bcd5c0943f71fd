a€b $x `
