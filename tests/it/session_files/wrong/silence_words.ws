< silence please
