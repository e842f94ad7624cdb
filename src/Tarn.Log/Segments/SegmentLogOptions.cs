using System.Globalization;
using Tarn.Core;

namespace Tarn.Log;

/// <summary>Options of the embedded log as a whole.</summary>
public sealed record SegmentLogOptions
{
    /// <summary>The most files held open at once, 8 to 65,536; default 256. Those not used for longest are closed first.</summary>
    public int MaxOpenFiles { get; init; } = 256;

    /// <summary>The time between two rounds of retention, 1 second to 1 day; default 1 minute. Files not used since the last round are closed.</summary>
    public TimeSpan RetentionInterval { get; init; } = TimeSpan.FromMinutes(1);

    internal LogFaults? Faults { get; init; }

    internal void Validate()
    {
        var faults = new List<string>();
        if (MaxOpenFiles is < 8 or > 65_536)
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"MaxOpenFiles is {MaxOpenFiles}; it is 8 to 65,536."));
        }

        if (RetentionInterval < TimeSpan.FromSeconds(1) || RetentionInterval > TimeSpan.FromDays(1))
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"RetentionInterval is {RetentionInterval}; it is 1 second to 1 day."));
        }

        if (faults.Count > 0)
        {
            throw TarnException.InvalidInput("The log's options are each within their range.", string.Join(" ", faults));
        }
    }
}
