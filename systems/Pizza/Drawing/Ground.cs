namespace Pizza.Drawing;

/// <summary>What things lie on: boards, cloths, stone, plain tables. The same for all classes, so that it tells nothing.</summary>
internal static class Ground
{
    private static readonly Colour[] Colours =
    [
        new(0.55, 0.38, 0.22), new(0.35, 0.24, 0.16), new(0.75, 0.72, 0.68), new(0.25, 0.27, 0.3), new(0.7, 0.2, 0.18), new(0.2, 0.35, 0.5), new(0.85, 0.82, 0.7), new(0.3, 0.42, 0.28),
    ];

    public static Func<double, double, Colour> Of(Random random)
    {
        var (one, other) = (Colours[random.Next(Colours.Length)].Vary(random, 0.3), Colours[random.Next(Colours.Length)].Vary(random, 0.3));
        var grain = new Grain(random.Next());
        var (turn, count) = (random.NextDouble() * Math.PI, random.Next(4, 14));
        var (cos, sin) = (Math.Cos(turn), Math.Sin(turn));
        return random.Next(4) switch
        {
            0 => (x, y) => one * (1 + (0.2 * grain.At(((x * cos) + (y * sin)) * 3, ((y * cos) - (x * sin)) * 40))),
            1 => (x, y) => Odd(((x * cos) + (y * sin)) * count) != Odd(((y * cos) - (x * sin)) * count) ? one : one.Towards(other, 0.7),
            2 => (x, y) => one.Towards(other, 0.5 + (0.5 * grain.At(x * 5, y * 5))),
            _ => (x, y) => one * (1 + (0.08 * grain.At(x * 30, y * 30))),
        };
    }

    private static bool Odd(double value) => (((int)Math.Floor(value)) & 1) == 1;
}
