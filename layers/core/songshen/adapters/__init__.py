"""The ports of `songshen.ports`, on AWS services and on Pillow."""
