< json size many
