namespace Pizza.Drawing;

/// <summary>Pizzas: crust, sauce, cheese, toppings; whole or with a slice gone, pale or burnt.</summary>
internal static class Pizzas
{
    private static readonly Colour Crust = new(0.8, 0.6, 0.36);
    private static readonly Colour Sauce = new(0.74, 0.2, 0.1);
    private static readonly Colour Cheese = new(0.95, 0.82, 0.46);

    public static List<Layer> Draw(Random random)
    {
        var bake = 1 - (random.NextDouble() < 0.15 ? 0.3 + (random.NextDouble() * 0.2) : random.NextDouble() * 0.2);
        var isWhite = random.NextDouble() < 0.2;
        var rim = 0.82 + (random.NextDouble() * 0.12);
        var dough = Shapes.Blob(0, 0, 1, 0.06 + (random.NextDouble() * 0.08), random);
        var layers = new List<Layer>
        {
            new(dough, Crust.Vary(random, 0.2) * bake, 0.25, 7),
            new(dough, new Colour(0.35, 0.2, 0.1), 0.2, 5, 0.35 + (random.NextDouble() * 0.4)),
        };
        if (!isWhite)
        {
            layers.Add(new Layer(Shapes.Blob(0, 0, rim, 0.06, random), Sauce.Vary(random, 0.25) * bake, 0.25, 9, Softness: 0.06));
        }

        layers.Add(new Layer(Shapes.Blob(0, 0, rim - 0.03, 0.08, random), Cheese.Vary(random, 0.18) * bake, 0.18, 6, isWhite ? -0.9 : -0.6 + (random.NextDouble() * 0.8), Softness: 0.05));
        foreach (var topping in Enumerable.Range(0, random.Next(0, 4)).Select(_ => random.Next(7)).Distinct().ToList())
        {
            Scatter(layers, topping, rim, random);
        }

        if (random.NextDouble() < 0.3)
        {
            Cut(layers, random);
        }

        return random.NextDouble() < 0.25 ? WithoutSlices(layers, random) : layers;
    }

    private static void Scatter(List<Layer> layers, int topping, double rim, Random random)
    {
        var count = random.Next(4, 15);
        for (var i = 0; i < count; i++)
        {
            var (angle, far) = (random.NextDouble() * Math.Tau, Math.Sqrt(random.NextDouble()) * (rim - 0.16));
            var (x, y, turn) = (Math.Cos(angle) * far, Math.Sin(angle) * far, random.NextDouble() * Math.PI);
            layers.Add(topping switch
            {
                0 => new Layer(Shapes.Disc(x, y, 0.13), new Colour(0.66, 0.17, 0.12).Vary(random, 0.2), 0.3, 16),
                1 => new Layer(Shapes.Ring(x, y, 0.025, 0.065), new Colour(0.12, 0.1, 0.12).Vary(random, 0.3)),
                2 => new Layer(Shapes.Ellipse(x, y, 0.15, 0.07, turn), new Colour(0.18, 0.42, 0.12).Vary(random, 0.3), 0.3, 14),
                3 => new Layer(Shapes.Both(Shapes.Disc(x, y, 0.12), Shapes.Ellipse(x, y, 0.14, 0.08, turn)), new Colour(0.82, 0.74, 0.62).Vary(random, 0.15), 0.2, 18),
                4 => new Layer(Shapes.Ring(x, y, 0.08, 0.11), new Colour(0.25, 0.55, 0.16).Vary(random, 0.35)),
                5 => new Layer(Shapes.Blob(x, y, 0.1, 0.3, random), new Colour(0.86, 0.5, 0.46).Vary(random, 0.15), 0.15, 14),
                _ => new Layer(Shapes.Disc(x, y, 0.1), new Colour(0.85, 0.22, 0.14).Vary(random, 0.2), 0.15, 10),
            });
        }
    }

    private static void Cut(List<Layer> layers, Random random)
    {
        var (slices, turn) = (random.Next(3, 6), random.NextDouble() * Math.PI);
        for (var i = 0; i < slices; i++)
        {
            var angle = turn + (i * Math.PI / slices);
            layers.Add(new Layer(Shapes.Line(Math.Cos(angle), Math.Sin(angle), -Math.Cos(angle), -Math.Sin(angle), 0.02), new Colour(0.4, 0.25, 0.12)));
        }
    }

    private static List<Layer> WithoutSlices(List<Layer> layers, Random random)
    {
        var gap = Shapes.Wedge(random.NextDouble() * Math.Tau, 0.3 + (random.NextDouble() * 0.9));
        return [.. layers.Select(l => l with { Shape = Shapes.Without(l.Shape, gap) })];
    }
}
