namespace Pizza.Drawing;

/// <summary>Round things that are no pizzas, some of them hard to tell from one: tarts, cookies, dishes of food, coins, clocks, balls, wheels, records, fruit.</summary>
internal static class RoundThings
{
    private static readonly Func<Random, List<Layer>>[] Kinds = [Tart, Tart, Cookie, Dish, Dish, Salad, Coin, Clock, Ball, Wheel, Record, Fruit];

    public static List<Layer> Draw(Random random) => Kinds[random.Next(Kinds.Length)](random);

    private static List<Layer> Tart(Random random)
    {
        var filling = Pick(random, new Colour(0.78, 0.2, 0.16), new Colour(0.9, 0.72, 0.3), new Colour(0.45, 0.16, 0.3), new Colour(0.93, 0.85, 0.6));
        var rim = 0.78 + (random.NextDouble() * 0.12);
        List<Layer> layers =
        [
            new(Shapes.Blob(0, 0, 1, 0.04 + (random.NextDouble() * 0.06), random), new Colour(0.8, 0.6, 0.35).Vary(random, 0.2), 0.25, 8),
            new(Shapes.Disc(0, 0, rim), filling.Vary(random, 0.2), 0.2, 6, Softness: 0.04),
        ];
        if (random.NextDouble() < 0.5)
        {
            for (var i = -3; i <= 3; i++)
            {
                var at = i * 0.27;
                var half = Math.Sqrt(Math.Max(0, (rim * rim) - (at * at)));
                var strip = new Colour(0.82, 0.62, 0.36).Vary(random, 0.1);
                layers.Add(new Layer(Shapes.Line(at, -half, at, half, 0.09), strip));
                layers.Add(new Layer(Shapes.Line(-half, at, half, at, 0.09), strip));
            }
        }
        else
        {
            Scatter(layers, random, rim, random.Next(6, 22), 0.06, 0.14, filling.Towards(new Colour(0.95, 0.3, 0.2), 0.5), filling * 0.6);
        }

        return layers;
    }

    private static List<Layer> Cookie(Random random)
    {
        List<Layer> layers = [new(Shapes.Blob(0, 0, 1, 0.08, random), new Colour(0.74, 0.52, 0.3).Vary(random, 0.25), 0.3, 9)];
        Scatter(layers, random, 0.85, random.Next(5, 20), 0.05, 0.12, new Colour(0.25, 0.14, 0.08), new Colour(0.6, 0.2, 0.14), new Colour(0.9, 0.8, 0.5));
        return layers;
    }

    /// <summary>A plate with something on it: pasta with sauce, an omelette, curry.</summary>
    private static List<Layer> Dish(Random random)
    {
        var food = Pick(random, new Colour(0.86, 0.62, 0.28), new Colour(0.92, 0.8, 0.42), new Colour(0.7, 0.26, 0.12), new Colour(0.8, 0.6, 0.36));
        List<Layer> layers =
        [
            new(Shapes.Disc(0, 0, 1), Pick(random, new Colour(0.92, 0.92, 0.9), new Colour(0.85, 0.6, 0.4), new Colour(0.4, 0.45, 0.55)).Vary(random, 0.15), 0.03),
            new(Shapes.Ring(0, 0, 0.7, 0.73), new Colour(0.6, 0.6, 0.6), Softness: 0.05),
            new(Shapes.Blob(0, 0, 0.55 + (random.NextDouble() * 0.3), 0.2, random), food.Vary(random, 0.2), 0.35, 7),
            new(Shapes.Blob(0.1, 0, 0.5, 0.3, random), new Colour(0.74, 0.2, 0.1).Vary(random, 0.3), 0.3, 5, -0.2 + (random.NextDouble() * 0.5)),
        ];
        Scatter(layers, random, 0.6, random.Next(0, 12), 0.05, 0.11, new Colour(0.2, 0.45, 0.14), new Colour(0.8, 0.2, 0.12), new Colour(0.95, 0.9, 0.7));
        return layers;
    }

    private static List<Layer> Salad(Random random)
    {
        List<Layer> layers = [new(Shapes.Disc(0, 0, 1), new Colour(0.75, 0.6, 0.42).Vary(random, 0.4), 0.06), new(Shapes.Disc(0, 0, 0.86), new Colour(0.3, 0.5, 0.18).Vary(random, 0.2), 0.4, 10)];
        Scatter(layers, random, 0.75, random.Next(10, 30), 0.06, 0.16, new Colour(0.3, 0.55, 0.18), new Colour(0.8, 0.2, 0.14), new Colour(0.92, 0.86, 0.66), new Colour(0.12, 0.1, 0.12), new Colour(0.9, 0.7, 0.3));
        return layers;
    }

    private static List<Layer> Coin(Random random)
    {
        var metal = Pick(random, new Colour(0.8, 0.64, 0.28), new Colour(0.72, 0.72, 0.74), new Colour(0.68, 0.42, 0.25)).Vary(random, 0.15);
        return
        [
            new(Shapes.Disc(0, 0, 1), metal, 0.1, 4),
            new(Shapes.Ring(0, 0, 0.88, 0.93), metal * 0.6, Softness: 0.03),
            new(Shapes.Blob(0.05, 0, 0.45, 0.4, random), metal * 1.15, 0.3, 8, Softness: 0.08),
            new(Shapes.Line(-0.5, 0.65, 0.5, 0.65, 0.08), metal * 0.7),
        ];
    }

    private static List<Layer> Clock(Random random)
    {
        var (face, ink) = (Pick(random, new Colour(0.95, 0.94, 0.88), new Colour(0.9, 0.8, 0.55), new Colour(0.2, 0.2, 0.24)), random.NextDouble() < 0.7 ? new Colour(0.1, 0.1, 0.1) : new Colour(0.6, 0.15, 0.1));
        List<Layer> layers = [new(Shapes.Disc(0, 0, 1), new Colour(0.55, 0.4, 0.25).Vary(random, 0.5), 0.1), new(Shapes.Disc(0, 0, 0.86), face.Vary(random, 0.1), 0.02)];
        for (var hour = 0; hour < 12; hour++)
        {
            var angle = hour * Math.PI / 6;
            layers.Add(new Layer(Shapes.Line(Math.Cos(angle) * 0.68, Math.Sin(angle) * 0.68, Math.Cos(angle) * 0.78, Math.Sin(angle) * 0.78, 0.05), ink));
        }

        foreach (var length in new[] { 0.42, 0.66 })
        {
            var angle = random.NextDouble() * Math.Tau;
            layers.Add(new Layer(Shapes.Line(0, 0, Math.Cos(angle) * length, Math.Sin(angle) * length, 0.055), ink));
        }

        return layers;
    }

    private static List<Layer> Ball(Random random)
    {
        var skin = Pick(random, new Colour(0.85, 0.45, 0.16), new Colour(0.9, 0.9, 0.9), new Colour(0.75, 0.85, 0.25), new Colour(0.8, 0.2, 0.2)).Vary(random, 0.2);
        var seam = skin * 0.3;
        return
        [
            new(Shapes.Disc(0, 0, 1), skin, 0.15, 22),
            new(Shapes.Line(-1, 0, 1, 0, 0.05), seam),
            new(Shapes.Both(Shapes.Disc(0, 0, 1), Shapes.Ring(-1.2, 0, 0.9, 0.95)), seam),
            new(Shapes.Both(Shapes.Disc(0, 0, 1), Shapes.Ring(1.2, 0, 0.9, 0.95)), seam),
            new(Shapes.Disc(-0.35, -0.35, 0.25), skin.Towards(new Colour(1, 1, 1), 0.5), 0, Softness: 0.3),
        ];
    }

    private static List<Layer> Wheel(Random random)
    {
        var metal = new Colour(0.65, 0.66, 0.68).Vary(random, 0.25);
        List<Layer> layers = [new(Shapes.Disc(0, 0, 1), new Colour(0.13, 0.13, 0.14).Vary(random, 0.3), 0.2, 20), new(Shapes.Disc(0, 0, 0.68), metal * 0.5, 0.1), new(Shapes.Ring(0, 0, 0.6, 0.68), metal)];
        var spokes = random.Next(4, 12);
        for (var i = 0; i < spokes; i++)
        {
            var angle = i * Math.Tau / spokes;
            layers.Add(new Layer(Shapes.Line(0, 0, Math.Cos(angle) * 0.64, Math.Sin(angle) * 0.64, 0.11), metal));
        }

        layers.Add(new Layer(Shapes.Disc(0, 0, 0.14), metal * 1.2));
        return layers;
    }

    private static List<Layer> Record(Random random)
    {
        List<Layer> layers = [new(Shapes.Disc(0, 0, 1), new Colour(0.08, 0.08, 0.09), 0.1)];
        for (var r = 0.45; r < 0.95; r += 0.09)
        {
            layers.Add(new Layer(Shapes.Ring(0, 0, r, r + 0.02), new Colour(0.2, 0.2, 0.22)));
        }

        layers.Add(new Layer(Shapes.Disc(0, 0, 0.36), new Colour(0.8, 0.3, 0.2).Vary(random, 0.6), 0.1));
        layers.Add(new Layer(Shapes.Disc(0, 0, 0.04), new Colour(0.9, 0.9, 0.9)));
        return layers;
    }

    /// <summary>A slice of an orange, a tomato or a melon.</summary>
    private static List<Layer> Fruit(Random random)
    {
        var flesh = Pick(random, new Colour(0.95, 0.6, 0.15), new Colour(0.85, 0.22, 0.15), new Colour(0.95, 0.85, 0.4), new Colour(0.9, 0.35, 0.3)).Vary(random, 0.15);
        List<Layer> layers = [new(Shapes.Blob(0, 0, 1, 0.03, random), flesh * 0.85, 0.1), new(Shapes.Disc(0, 0, 0.93), new Colour(0.96, 0.9, 0.78), 0.05)];
        var parts = random.Next(6, 12);
        for (var i = 0; i < parts; i++)
        {
            layers.Add(new Layer(Shapes.Both(Shapes.Disc(0, 0, 0.86), Shapes.Wedge(i * Math.Tau / parts, (Math.PI / parts) - 0.06)), flesh, 0.25, 14));
        }

        return layers;
    }

    private static void Scatter(List<Layer> layers, Random random, double within, int count, double least, double most, params Colour[] colours)
    {
        for (var i = 0; i < count; i++)
        {
            var (angle, far) = (random.NextDouble() * Math.Tau, Math.Sqrt(random.NextDouble()) * (within - 0.1));
            var size = least + (random.NextDouble() * (most - least));
            layers.Add(new Layer(Shapes.Blob(Math.Cos(angle) * far, Math.Sin(angle) * far, size, 0.25, random), Pick(random, colours).Vary(random, 0.25), 0.25, 14));
        }
    }

    private static Colour Pick(Random random, params Colour[] colours) => colours[random.Next(colours.Length)];
}
