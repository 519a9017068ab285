> json {"id": 1${ID}}
