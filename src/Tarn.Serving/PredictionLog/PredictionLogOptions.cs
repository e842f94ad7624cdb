using System.Globalization;
using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What happens to predictions while the journal may take no more.</summary>
public enum WhenJournalFull
{
    /// <summary><see cref="PredictionLog.Write"/> throws, so that nothing is answered that is not recorded.</summary>
    Refuse,

    /// <summary>They are answered and not recorded; <see cref="PredictionLogStatus.Dropped"/> counts them.</summary>
    Drop,
}

/// <summary>How predictions are recorded.</summary>
public sealed record PredictionLogOptions
{
    /// <summary>The topic that they end up in; default <c>predictions</c>.</summary>
    public string Topic { get; init; } = PredictionTopics.PredictionsName;

    /// <summary>Whether inputs are kept; default false: then only their SHA-256 is, and nothing of them is written to the disk.</summary>
    public bool KeepInputs { get; init; }

    /// <summary>The most bytes of inputs that are kept, 0 to 1 MiB; default 64 KiB. Of larger ones only the SHA-256 is kept, which is computed before the write returns.</summary>
    public int MaxInputBytes { get; init; } = 64 << 10;

    /// <summary>The most bytes of outputs that are kept, 0 to 1 MiB; default 64 KiB. Of larger ones only the SHA-256 is kept.</summary>
    public int MaxOutputBytes { get; init; } = 64 << 10;

    /// <summary>The size of a file of the journal, 64 KiB to 1 GiB, and at least four times what one record may have; default 16 MiB.</summary>
    public int SegmentBytes { get; init; } = 16 << 20;

    /// <summary>How much the journal may hold that is not yet in the topic: at least two files; default 1 GiB.</summary>
    public long MaxUnmovedBytes { get; init; } = 1L << 30;

    /// <summary>What happens beyond that; default <see cref="WhenJournalFull.Refuse"/>.</summary>
    public WhenJournalFull WhenFull { get; init; }

    /// <summary>How long a record may be in memory only, so that a power cut takes it: 10 ms to 1 hour; default 1 s. The end of the process, <c>kill -9</c> included, takes none.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often the journal is looked into where it was empty, 1 ms to 1 minute; default 200 ms. Who writes wakes nobody: that would be a system call on the way of an answer.
    /// </summary>
    public TimeSpan PumpInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The most records that go into the topic in one append, 1 to 100,000; default 1,000.</summary>
    public int BatchRecords { get; init; } = 1000;

    internal int MaxRecordBytes => RecordLayout.MaxHeadBytes + Math.Max(MaxInputBytes, RecordLayout.HashedBytes) + Math.Max(MaxOutputBytes, RecordLayout.HashedBytes) + 8;

    /// <summary>Checks every option and reports all faults at once.</summary>
    /// <exception cref="TarnException">InvalidInput: an option is out of its range.</exception>
    public void Validate()
    {
        const int MiB = 1 << 20;
        var faults = new List<string>();
        Check(MaxInputBytes is >= 0 and <= MiB, $"MaxInputBytes = {MaxInputBytes}: 0 to 1 MiB.");
        Check(MaxOutputBytes is >= 0 and <= MiB, $"MaxOutputBytes = {MaxOutputBytes}: 0 to 1 MiB.");
        Check(SegmentBytes is >= 64 << 10 and <= 1 << 30 && SegmentBytes % 4096 == 0, $"SegmentBytes = {SegmentBytes}: 64 KiB to 1 GiB, a multiple of 4 KiB.");
        Check(SegmentBytes / 4 >= MaxRecordBytes, $"SegmentBytes = {SegmentBytes}: at least four times the {MaxRecordBytes} bytes that a record may have by MaxInputBytes and MaxOutputBytes.");
        Check(MaxUnmovedBytes >= 2L * SegmentBytes, $"MaxUnmovedBytes = {MaxUnmovedBytes}: at least twice SegmentBytes.");
        Check(FlushInterval >= TimeSpan.FromMilliseconds(10) && FlushInterval <= TimeSpan.FromHours(1), $"FlushInterval = {FlushInterval}: 10 ms to 1 hour.");
        Check(PumpInterval >= TimeSpan.FromMilliseconds(1) && PumpInterval <= TimeSpan.FromMinutes(1), $"PumpInterval = {PumpInterval}: 1 ms to 1 minute.");
        Check(BatchRecords is >= 1 and <= 100_000, $"BatchRecords = {BatchRecords}: 1 to 100,000.");
        if (faults.Count > 0)
        {
            throw TarnException.InvalidInput("The options of the prediction log are each within their range.", string.Join(" ", faults), "Correct them.");
        }

        void Check(bool holds, FormattableString fault)
        {
            if (!holds)
            {
                faults.Add(fault.ToString(CultureInfo.InvariantCulture));
            }
        }
    }
}
