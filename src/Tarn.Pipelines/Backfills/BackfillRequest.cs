using System.Globalization;
using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>What a backfill is to do: run the data intervals of a pipeline that start at or after <see cref="From"/> and before <see cref="To"/>.</summary>
public sealed record BackfillRequest
{
    /// <summary>The most runs of a backfill that may be active at a time.</summary>
    public const int MostActiveRuns = 1000;

    /// <summary>The pipeline's name.</summary>
    public required string Pipeline { get; init; }

    /// <summary>The first instant at which an interval of it may start.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The first instant at which none may start any more.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Which intervals are run, by what became of them before; default those without a run.</summary>
    public ReprocessBehavior Reprocess { get; init; }

    /// <summary>How many of its runs may be active at a time, whatever the pipeline's own limit says; 1 to 1,000, default 10.</summary>
    public int MaxActiveRuns { get; init; } = 10;

    /// <summary>Whether the latest interval is run first; default false.</summary>
    public bool RunBackwards { get; init; }

    /// <summary>The request with its span in UTC and in whole microseconds, as it is kept.</summary>
    /// <exception cref="TarnException">A value is out of its range.</exception>
    internal BackfillRequest Checked()
    {
        if (From >= To)
        {
            throw TarnException.InvalidInput(
                "A backfill goes from an instant to a later one.",
                string.Create(CultureInfo.InvariantCulture, $"{From.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ} to {To.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"),
                "Its end is exclusive: for one day, give the day and the next.");
        }

        if (MaxActiveRuns is < 1 or > MostActiveRuns)
        {
            throw TarnException.InvalidInput("The active runs of a backfill are limited to 1 to 1,000.", MaxActiveRuns.ToString(CultureInfo.InvariantCulture));
        }

        return this with { From = Instant.Truncate(From), To = Instant.Truncate(To) };
    }
}
