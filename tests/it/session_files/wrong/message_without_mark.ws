url ws://localhost/
json {"op":"ping"}
