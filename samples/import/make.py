"""Writes orders.csv: python3 make.py FILE [LINES]. The currency GBP comes near the end alone."""
import sys

path, lines = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
with open(path, "w") as file:
    file.write("order,customer,currency,amount\n")
    for n in range(lines):
        currency = "GBP" if n == lines * 9 // 10 else ("EUR", "USD")[n % 2]
        file.write(f'{n},"Customer {n % 977}, Inc.",{currency},{n % 100}.50\n')
