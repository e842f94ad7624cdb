using System.ComponentModel.DataAnnotations;
using Quakes.Feeds.Simulation;
using Quakes.Usgs;

namespace Quakes;

/// <summary>The section <c>Quakes</c> of the configuration.</summary>
public sealed class QuakesOptions : IValidatableObject
{
    /// <summary>Where the USGS's services are; null (the default) means the USGS itself. Set, it is used without asking whether it answers.</summary>
    public string? FeedUrl { get; set; }

    /// <summary>
    /// Which feed: <c>live</c>, <c>simulated</c>, <c>replay:FILE</c>, or <c>auto</c> (the default): live where it answers or live data is here
    /// already, else simulated.
    /// </summary>
    public string Feed { get; set; } = "auto";

    /// <summary>How much faster than ours the clock of a simulated or replayed feed runs; default 1.</summary>
    [Range(0.01, 1_000_000)]
    public double SpeedUp { get; set; } = 1;

    /// <summary>The simulation's seed; default 1.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>The share of requests that a simulated feed lets fail; default 0.02.</summary>
    [Range(0.0, 1.0)]
    public double Faults { get; set; } = 0.02;

    /// <summary>A PostgreSQL connection string; null (the default) for no sink. It holds secrets, and is never shown.</summary>
    public string? Postgres { get; set; }

    /// <summary>How far back, by their changes, events are read where nothing was read before; default 30 days.</summary>
    public TimeSpan InitialHistory { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How far before the cursor changes are asked for again, for those that the service published late; default 2 minutes.</summary>
    public TimeSpan Overlap { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a live service may take to answer before <c>auto</c> takes it for absent; default 3 seconds.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long one request may take; default 60 seconds.</summary>
    public TimeSpan RequestTimeout { get; set; } = new UsgsOptions().RequestTimeout;

    /// <summary>How often a request is tried; default 4.</summary>
    public int Attempts { get; set; } = new UsgsOptions().Attempts;

    /// <summary>The pause before the second try; default 500 ms.</summary>
    public TimeSpan RetryDelay { get; set; } = new UsgsOptions().RetryDelay;

    /// <summary>The longest pause between two tries; default 60 seconds.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = new UsgsOptions().MaxRetryDelay;

    /// <summary>The largest answer that is read; default 256 MiB.</summary>
    public long MaxResponseBytes { get; set; } = new UsgsOptions().MaxResponseBytes;

    /// <summary>How many events one page asks for; default 5,000.</summary>
    public int PageSize { get; set; } = new UsgsOptions().PageSize;

    /// <summary>How many events the service gives of one query; default 20,000.</summary>
    public int WindowLimit { get; set; } = new UsgsOptions().WindowLimit;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Feed is not ("auto" or "live" or "simulated") && !(Feed.StartsWith("replay:", StringComparison.Ordinal) && Feed.Length > 7))
        {
            yield return new ValidationResult("It is auto, live, simulated, or replay:FILE.", [nameof(Feed)]);
        }

        if (InitialHistory < TimeSpan.FromHours(1) || InitialHistory > TimeSpan.FromDays(36_525))
        {
            yield return new ValidationResult("It is one hour to 100 years.", [nameof(InitialHistory)]);
        }

        if (Overlap < TimeSpan.Zero || Overlap > TimeSpan.FromDays(7))
        {
            yield return new ValidationResult("It is zero to 7 days.", [nameof(Overlap)]);
        }

        foreach (var error in ToClient(FeedUrl ?? UsgsOptions.LiveUrl).Validate())
        {
            yield return new ValidationResult(error.Rule, [error.Rule["Quakes:".Length..error.Rule.IndexOf(' ', StringComparison.Ordinal)]]);
        }
    }

    internal UsgsOptions ToClient(string url) => new()
    {
        FeedUrl = url,
        RequestTimeout = RequestTimeout,
        Attempts = Attempts,
        RetryDelay = RetryDelay,
        MaxRetryDelay = MaxRetryDelay,
        MaxResponseBytes = MaxResponseBytes,
        PageSize = PageSize,
        WindowLimit = WindowLimit,
    };

    internal SimulationOptions ToSimulation() => new() { Seed = Seed, Faults = Faults };
}
