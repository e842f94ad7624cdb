namespace Tarn.Serving.Tests;

/// <summary>Seeded outcomes of a control and a canary, in looks of changing sizes.</summary>
internal sealed class Traffic(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>A look at which so many requests came, of which the canary got its share.</summary>
    public RolloutCounts Look(int requests, double share, double controlErrors, double canaryErrors)
    {
        var canary = Draw(requests, share);
        var control = requests - canary;
        return new RolloutCounts(new ArmCounts(control, Draw(control, controlErrors)), new ArmCounts(canary, Draw(canary, canaryErrors)));
    }

    public int Size(int least, int most) => _random.Next(least, most);

    /// <summary>How many of so many are drawn.</summary>
    public int Draw(int count, double probability)
    {
        var drawn = 0;
        for (var i = 0; i < count; i++)
        {
            drawn += _random.NextDouble() < probability ? 1 : 0;
        }

        return drawn;
    }
}
