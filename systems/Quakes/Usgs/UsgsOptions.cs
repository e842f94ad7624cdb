using Tarn.Core;

namespace Quakes.Usgs;

/// <summary>How the USGS services are asked. All times are real time, not a simulated feed's.</summary>
public sealed record UsgsOptions
{
    /// <summary>The service itself.</summary>
    public const string LiveUrl = "https://earthquake.usgs.gov";

    /// <summary>Where the services live; default the USGS itself.</summary>
    public string FeedUrl { get; init; } = LiveUrl;

    /// <summary>How long one request may take, its body included; default 60 s, 1 s to 10 min.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a request is tried when the service is busy, failing or out of reach; default 4, 1 to 20.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>The pause before the second try, doubled before each further one, with jitter; default 500 ms, 0 to 1 min.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest pause between two tries. A service that asks for a longer one (Retry-After) fails the attempt; default 60 s, 0 to 1 h.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The seed of the retries' jitter; default 1.</summary>
    public int JitterSeed { get; init; } = 1;

    /// <summary>The largest answer that is read, unpacked; default 256 MiB, 64 KiB to 2 GiB.</summary>
    public long MaxResponseBytes { get; init; } = 256L << 20;

    /// <summary>How many events one page of a query asks for; default 5,000, 2 to the window's limit.</summary>
    public int PageSize { get; init; } = 5_000;

    /// <summary>How many events the service gives of one query; a window with more is split. Default 20,000, the USGS's own, 2 to 20,000.</summary>
    public int WindowLimit { get; init; } = 20_000;

    /// <summary>The earliest event time asked for (the service would otherwise leave out what happened over 30 days ago); default 1900.</summary>
    public DateTimeOffset EarliestEvent { get; init; } = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Every broken rule, as an error that a person can mend; empty where there is none.</summary>
    public IEnumerable<TarnException> Validate()
    {
        if (!Uri.TryCreate(FeedUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            yield return TarnException.InvalidInput("Quakes:FeedUrl must be an absolute http or https address.", FeedUrl, "For example https://earthquake.usgs.gov.");
        }

        if (RequestTimeout < TimeSpan.FromSeconds(1) || RequestTimeout > TimeSpan.FromMinutes(10))
        {
            yield return TarnException.InvalidInput("Quakes:RequestTimeout must be 1 second to 10 minutes.", RequestTimeout.ToString());
        }

        if (Attempts is < 1 or > 20)
        {
            yield return TarnException.InvalidInput("Quakes:Attempts must be 1 to 20.", Attempts.ToString());
        }

        if (RetryDelay < TimeSpan.Zero || RetryDelay > TimeSpan.FromMinutes(1))
        {
            yield return TarnException.InvalidInput("Quakes:RetryDelay must be 0 to 1 minute.", RetryDelay.ToString());
        }

        if (MaxRetryDelay < TimeSpan.Zero || MaxRetryDelay > TimeSpan.FromHours(1))
        {
            yield return TarnException.InvalidInput("Quakes:MaxRetryDelay must be 0 to 1 hour.", MaxRetryDelay.ToString());
        }

        if (MaxResponseBytes is < (64L << 10) or > (2047L << 20))
        {
            yield return TarnException.InvalidInput("Quakes:MaxResponseBytes must be 64 KiB to 2 GiB.", MaxResponseBytes.ToString());
        }

        if (WindowLimit is < 2 or > 20_000)
        {
            yield return TarnException.InvalidInput("Quakes:WindowLimit must be 2 to 20,000.", WindowLimit.ToString());
        }

        if (PageSize < 2 || PageSize > WindowLimit)
        {
            yield return TarnException.InvalidInput("Quakes:PageSize must be 2 to Quakes:WindowLimit.", PageSize.ToString());
        }
    }
}
