"""What the product promises about time and memory, measured: `make bench NAME=load|matrix|pages|cli`."""
