using Tarn.Core;

namespace Tarn.Streams;

/// <summary>How much of a topic goes into one commit of a sink.</summary>
public sealed record SinkLimits
{
    /// <summary>The most records of one batch, 1 to 1,000,000; default 10,000.</summary>
    public int MaxRecords { get; init; } = 10_000;

    /// <summary>The most bytes of records in one batch, 1 KiB to 1 GiB; default 32 MiB. One record is taken in any case.</summary>
    public int MaxBytes { get; init; } = 32 << 20;

    /// <summary>
    /// What happens where retention removed records before the sink read them: false (the default) is an error that says which offsets are gone,
    /// true goes on after the gap.
    /// </summary>
    public bool SkipRemoved { get; init; }

    internal void Validate()
    {
        if (MaxRecords is < 1 or > 1_000_000 || MaxBytes is < 1 << 10 or > 1 << 30)
        {
            throw TarnException.InvalidInput(
                "A sink's limits are 1 to 1,000,000 records and 1 KiB to 1 GiB.", FormattableString.Invariant($"{MaxRecords} records, {MaxBytes} bytes"));
        }
    }
}
