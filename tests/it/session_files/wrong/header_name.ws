header X Y: z
