namespace Quakes.Feeds.Simulation;

/// <summary>The feed of an earth that does not exist. What it says at a moment is a function of the seed and that moment alone.</summary>
internal sealed class SimulatedFeed : FeedSource
{
    private static readonly DateOnly NeverMade = DateOnly.MinValue;

    private readonly SimulationOptions _options;
    private readonly FeedClock _clock;
    private readonly ShockModel _model;
    private readonly Reporting _reporting;
    private readonly SortedDictionary<DateOnly, List<Report>> _families = [];
    private readonly Lock _gate = new();
    private DateOnly _madeUntil = NeverMade;
    private ulong _requests;

    public SimulatedFeed(SimulationOptions options, FeedClock clock)
    {
        _options = options;
        _clock = clock;
        _model = new ShockModel(options);
        _reporting = new Reporting(options);
    }

    public override DateTimeOffset Now => _clock.Now;

    public override RecordedSummary? Recorded(string feed) => null;

    public override IReadOnlyList<ServedFeature> Catalogue()
    {
        lock (_gate)
        {
            var now = Now;
            Make(now);
            var earliest = now - _options.History;
            var listed = new List<ServedFeature>();
            foreach (var report in _families.Values.SelectMany(static f => f))
            {
                if (report.Shock.Time >= earliest && report.Shock.Time <= now && report.At(now) is { } shown)
                {
                    listed.Add(Serve(report, shown, now));
                }
            }

            return listed;
        }
    }

    public override FeedFault NextFault()
    {
        if (_options.Faults <= 0)
        {
            return FeedFault.None;
        }

        var random = SeededRandom.For((ulong)_options.Seed, 0xFA17 + Interlocked.Increment(ref _requests));
        if (IsOut(Now))
        {
            return FeedFault.Unavailable;
        }

        return !random.Chance(_options.Faults) ? FeedFault.None : (random.Next() % 8) switch
        {
            0 or 1 or 2 => FeedFault.Unavailable,
            3 or 4 => FeedFault.TooManyRequests,
            5 => FeedFault.Truncated,
            6 => FeedFault.Slow,
            _ => FeedFault.NotJson,
        };
    }

    /// <summary>Whether the service is down at a moment: an outage begins in some hours, and lasts some minutes.</summary>
    internal bool IsOut(DateTimeOffset now)
    {
        var hour = (ulong)(now.ToUnixTimeSeconds() / 3600);
        var random = SeededRandom.For((ulong)_options.Seed, 0x0DD0_0000_0000 + hour);
        if (!random.Chance(_options.OutagesPerDay / 24))
        {
            return false;
        }

        var minute = (now.ToUnixTimeSeconds() % 3600) / 60.0;
        var start = random.Between(0, 40);
        return minute >= start && minute < start + random.Between(2, 20);
    }

    private static ServedFeature Serve(Report report, Revision shown, DateTimeOffset now)
    {
        var deleted = report.IsDeletedAt(now);
        return new ServedFeature(
            report.Id,
            report.Shock.Time,
            deleted ? report.DeletedAt!.Value : shown.Updated,
            shown.Magnitude,
            deleted,
            report.Copies,
            () => ReportJson.Write(report, shown, now))
        {
            Longitude = shown.Longitude,
            Latitude = shown.Latitude,
        };
    }

    /// <summary>Makes the families whose members can be listed now, and forgets those that no longer can.</summary>
    private void Make(DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var oldest = DateOnly.FromDateTime((now - _options.History - ShockModel.Reach).UtcDateTime);
        if (_madeUntil >= today)
        {
            return;
        }

        var earliest = now - _options.History;
        for (var day = _madeUntil == NeverMade || _madeUntil < oldest ? oldest : _madeUntil.AddDays(1); day <= today; day = day.AddDays(1))
        {
            _families[day] = [.. _model.Family(day).Where(s => s.Time >= earliest).SelectMany(_reporting.Of)];
        }

        foreach (var past in _families.Keys.TakeWhile(d => d < oldest).ToList())
        {
            _families.Remove(past);
        }

        foreach (var family in _families.Values)
        {
            family.RemoveAll(r => r.Shock.Time < earliest);
        }

        _madeUntil = today;
    }
}
