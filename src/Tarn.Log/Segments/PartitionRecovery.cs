using System.Globalization;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.Log;

/// <summary>Opens the files of a partition: removes what a crash left half-written at the end of the last segment, and nothing else.</summary>
internal static class PartitionRecovery
{
    public static PartitionView Open(LogContext context, string directory, bool flush)
    {
        if (!Directory.Exists(directory))
        {
            Directory.CreateDirectory(directory);
            DurableFiles.FlushDirectory(Path.GetDirectoryName(directory)!);
        }

        var bases = Bases(directory);
        if (bases.Count == 0)
        {
            return Fresh(context, directory, 0, flush);
        }

        var segments = new Segment[bases.Count];
        for (var i = 0; i < bases.Count - 1; i++)
        {
            segments[i] = Segment.Open(context.Files, directory, bases[i])
                ?? throw Unreadable(Path.Combine(directory, Segment.FileName(bases[i], Segment.Extension)));
            segments[i].FinishedLength = new FileInfo(segments[i].File.Path).Length;
        }

        var last = Segment.Open(context.Files, directory, bases[^1]);
        if (last is null)
        {
            // A crash while a segment was begun leaves a header that is not whole, and nothing behind it.
            var path = Path.Combine(directory, Segment.FileName(bases[^1], Segment.Extension));
            if (new FileInfo(path).Length > Segment.HeaderLength)
            {
                throw Unreadable(path);
            }

            segments[^1] = Segment.Create(context.Files, directory, bases[^1], context.Now, flush);
            return new PartitionView(segments, new SegmentIndex(), SegmentTail.Empty(bases[^1]));
        }

        segments[^1] = last;
        var index = new SegmentIndex();
        var length = last.File.Length();
        var scan = SegmentScan.Run(last.File, length, last.BaseOffset, index);
        if (scan.BadPosition is { } bad)
        {
            RemoveTail(context, last, bad, length, scan);
        }

        return new PartitionView(segments, index, scan.Tail);
    }

    private static PartitionView Fresh(LogContext context, string directory, long baseOffset, bool flush)
    {
        var segment = Segment.Create(context.Files, directory, baseOffset, context.Now, flush);
        return new PartitionView([segment], new SegmentIndex(), SegmentTail.Empty(baseOffset));
    }

    /// <summary>Cuts the last segment behind its last whole batch.</summary>
    private static void RemoveTail(LogContext context, Segment last, long bad, long length, ScanResult scan)
    {
        var end = scan.Tail.End;
        var tail = new byte[length - end];
        tail = tail[..last.File.Read(tail, end)];
        if (SegmentScan.HasRecordsAfter(tail.AsSpan((int)(bad - end)), scan.Tail.Next))
        {
            // Bytes that a torn write does not explain are kept beside the segment: they may hold records that were acknowledged.
            var aside = string.Create(CultureInfo.InvariantCulture, $"{last.File.Path}.{end}.damaged");
            DurableFiles.Replace(aside, tail);
            LogEvents.DamagedTail(context.Log, last.File.Path, bad, scan.Reason, tail.Length, aside, scan.Tail.Next);
        }
        else
        {
            LogEvents.TornTail(context.Log, last.File.Path, bad, scan.Reason, tail.Length, scan.Tail.Next);
        }

        last.File.Truncate(end);
        last.File.Flush();
    }

    private static List<long> Bases(string directory)
    {
        var bases = new List<long>();
        foreach (var path in Directory.EnumerateFiles(directory, "*" + Segment.Extension))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var baseOffset))
            {
                bases.Add(baseOffset);
            }
        }

        bases.Sort();
        return bases;
    }

    private static TarnException Unreadable(string path) => TarnException.Corrupt(
        "A segment begins with a header of 32 bytes, and this one's is damaged.",
        $"{path} at byte 0",
        "Restore the file from a copy, or move it and all segments before it away to begin the partition after it.");
}
