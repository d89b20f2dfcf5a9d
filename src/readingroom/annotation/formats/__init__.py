"""The formats of annotation tools, one file each; `readingroom.annotation.exchange` reads and writes them."""
