namespace Quakes.Feeds.Simulation;

/// <summary>
/// When and where it quakes. Background events are Poisson; magnitudes follow Gutenberg and Richter (1944) with b = 1; each
/// event sets off aftershocks, their number growing with its magnitude, their times after Omori and Utsu (1961),
/// n(t) ∝ (t + c)^-p: an epidemic-type model (Ogata, 1988). Days are drawn apart, so that any of them can be made alone.
/// </summary>
internal sealed class ShockModel(SimulationOptions options)
{
    /// <summary>The Gutenberg–Richter slope.</summary>
    public const double B = 1.0;

    /// <summary>Omori–Utsu's exponent.</summary>
    public const double P = 1.1;

    /// <summary>Omori–Utsu's offset, in days.</summary>
    public const double C = 0.01;

    /// <summary>How long an event sets off others.</summary>
    public static readonly TimeSpan Reach = TimeSpan.FromDays(30);

    private const double Productivity = 0.07;
    private const double Alpha = 0.8;
    private const double LargestMagnitude = 8.6;
    private const int MostChildren = 4_000;

    /// <summary>The events of one day's background with all that they set off, however many days later.</summary>
    public List<Shock> Family(DateOnly day)
    {
        var shocks = new List<Shock>();
        for (var z = 0; z < Earth.Zones.Count; z++)
        {
            var zone = Earth.Zones[z];
            var random = SeededRandom.For((ulong)options.Seed, ((ulong)day.DayNumber << 16) | (uint)z);
            var count = random.Poisson(zone.PerDay * options.Activity);
            for (var i = 0; i < count; i++)
            {
                AddBackground(shocks, zone, day, ref random);
            }

            var blasts = random.Poisson(zone.BlastsPerDay * options.Activity);
            for (var i = 0; i < blasts; i++)
            {
                shocks.Add(Blast(zone, day, ref random));
            }
        }

        return shocks;
    }

    private static void AddBackground(List<Shock> shocks, Zone zone, DateOnly day, ref SeededRandom random)
    {
        var (longitude, latitude) = zone.At(random.Uniform());
        var time = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc).AddMilliseconds(Math.Floor(random.Uniform() * 86_400_000));
        var depth = Math.Min(650, 0.5 + random.Exponential(zone.MeanDepthKm));
        var (x, y) = Shift(longitude, latitude, random.Normal(zone.SpreadKm), random.Normal(zone.SpreadKm));
        var first = new Shock(random.Next(), zone, new DateTimeOffset(time), Magnitude(zone, ref random), x, y, depth, null);
        var queue = new Queue<Shock>([first]);
        while (queue.TryDequeue(out var parent))
        {
            shocks.Add(parent);
            foreach (var child in Children(parent))
            {
                queue.Enqueue(child);
            }
        }
    }

    private static IEnumerable<Shock> Children(Shock parent)
    {
        var random = SeededRandom.For(parent.Key, 1);
        var count = Math.Min(MostChildren, random.Poisson(Productivity * Math.Pow(10, Alpha * (parent.Magnitude - parent.Zone.Completeness))));
        for (var i = 0; i < count; i++)
        {
            var after = OmoriDelay(random.Uniform());
            // The aftershock zone is about as long as the rupture (after Wells and Coppersmith, 1994), with a heavy tail.
            var reach = 0.3 + (0.02 * Math.Pow(10, 0.5 * parent.Magnitude));
            var km = reach * Math.Sqrt(Math.Pow(1 - random.Uniform(), -0.7) - 1);
            var angle = random.Between(0, 2 * Math.PI);
            var (x, y) = Shift(parent.Longitude, parent.Latitude, km * Math.Sin(angle), km * Math.Cos(angle));
            var depth = Math.Clamp(parent.DepthKm + random.Normal(Math.Min(3, reach)), 0.1, 690);
            var time = parent.Time.AddMilliseconds(Math.Floor(after.TotalMilliseconds) + 1);
            yield return new Shock(random.Next(), parent.Zone, time, Magnitude(parent.Zone, ref random), x, y, depth, parent);
        }
    }

    private static Shock Blast(Zone zone, DateOnly day, ref SeededRandom random)
    {
        // Mines blast in the afternoon, at a few fixed places.
        var site = SeededRandom.For((ulong)zone.Name.Length, random.Next() % 3);
        var (longitude, latitude) = zone.At(site.Uniform());
        var hour = ((18 + random.Normal(1.5) - (longitude / 15) - 4) % 24 + 24) % 24;
        var time = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc).AddMilliseconds(Math.Floor(hour * 3_600_000));
        var (x, y) = Shift(longitude, latitude, site.Normal(25) + random.Normal(0.5), site.Normal(25) + random.Normal(0.5));
        var magnitude = Math.Clamp(1.5 + random.Normal(0.3), 0.8, 2.8);
        return new Shock(random.Next(), zone, new DateTimeOffset(time), magnitude, x, y, 0, null) { IsBlast = true };
    }

    private static double Magnitude(Zone zone, ref SeededRandom random)
    {
        while (true)
        {
            var magnitude = zone.Completeness + random.Exponential(1 / (B * Math.Log(10)));
            if (magnitude <= LargestMagnitude)
            {
                return magnitude;
            }
        }
    }

    /// <summary>The inverse of the truncated Omori–Utsu distribution.</summary>
    private static TimeSpan OmoriDelay(double uniform)
    {
        const double q = 1 - P;
        var (near, far) = (Math.Pow(C, q), Math.Pow(C + Reach.TotalDays, q));
        return TimeSpan.FromDays(Math.Pow(near + (uniform * (far - near)), 1 / q) - C);
    }

    internal static (double Longitude, double Latitude) Shift(double longitude, double latitude, double eastKm, double northKm)
    {
        var y = Math.Clamp(latitude + (northKm / 111.2), -89, 89);
        var x = longitude + (eastKm / (111.2 * Math.Max(0.05, Math.Cos(y * Math.PI / 180))));
        return (((x + 540) % 360) - 180, y);
    }
}
