using System.Text.Json;
using Tarn.Core;

namespace Tarn.Log;

/// <summary>A topic of the embedded log: its directory, its stored options, its partitions.</summary>
internal sealed class TopicState
{
    private const string FileName = "topic.json";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private volatile TopicOptions _options;

    public TopicState(LogContext context, string name, string directory, TopicOptions options)
    {
        (Name, Directory, _options) = (name, directory, options);
        Partitions = new Partition[options.Partitions];
        for (var i = 0; i < Partitions.Length; i++)
        {
            Partitions[i] = new Partition(context, this, i);
        }
    }

    private sealed record Stored(
        int Format, int Partitions, TimeSpan? RetentionTime, long? RetentionBytes, long SegmentBytes, TimeSpan SegmentAge, int MaxRecordBytes, string Flush);

    public string Name { get; }

    public string Directory { get; }

    public TopicOptions Options => _options;

    public Partition[] Partitions { get; }

    /// <summary>Reads a topic's directory; null where it is none (the topic's making was cut short).</summary>
    public static TopicState? Load(LogContext context, string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var stored = JsonSerializer.Deserialize<Stored>(File.ReadAllBytes(path), Json);
            if (stored is { Format: 1 })
            {
                var options = new TopicOptions
                {
                    Partitions = stored.Partitions,
                    RetentionTime = stored.RetentionTime,
                    RetentionBytes = stored.RetentionBytes,
                    SegmentBytes = stored.SegmentBytes,
                    SegmentAge = stored.SegmentAge,
                    MaxRecordBytes = stored.MaxRecordBytes,
                    Flush = FlushPolicy.Parse(stored.Flush),
                };
                options.Validate();
                return new TopicState(context, Path.GetFileName(directory), directory, options);
            }

            throw TarnException.Corrupt("A topic's options are of format 1.", path, "It was written by a newer version of Tarn; use that.");
        }
        catch (JsonException error)
        {
            throw TarnException.Corrupt("A topic's options are JSON.", path, "Restore the file from a copy.", error);
        }
    }

    /// <summary>Stores options durably, then lets them take effect.</summary>
    public void Save(TopicOptions options)
    {
        System.IO.Directory.CreateDirectory(Directory);
        var stored = new Stored(
            1,
            options.Partitions,
            options.RetentionTime,
            options.RetentionBytes,
            options.SegmentBytes,
            options.SegmentAge,
            options.MaxRecordBytes,
            options.Flush.ToString());
        DurableFiles.Replace(Path.Combine(Directory, FileName), JsonSerializer.SerializeToUtf8Bytes(stored, Json));
        DurableFiles.FlushDirectory(Path.GetDirectoryName(Directory)!);
        _options = options;
    }

    public Partition Require(int partition) => (uint)partition < (uint)Partitions.Length
        ? Partitions[partition]
        : throw TarnException.NotFound(
            FormattableString.Invariant($"Topic {Name} has the partitions 0 to {Partitions.Length - 1}."),
            FormattableString.Invariant($"partition {partition}"));

    public TopicDescription Describe() => new(Name, Options, [.. Partitions.Select(static p => p.Describe())]);
}
