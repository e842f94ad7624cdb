using System.IO.Compression;
using System.Text.Json;
using Quakes.Usgs;
using Tarn.Core;

namespace Quakes.Feeds;

/// <summary>
/// Recorded snapshots, served again: a GeoJSON file, or a line <c>{"committed_at", "feed"}</c> per snapshot (<c>.jsonl</c>,
/// <c>.jsonl.gz</c>). Each is on show from the moment that it was recorded, on a clock of its own; without a clock, the next
/// one is on show after each <see cref="Advance"/>. The file is read forward, one snapshot in memory.
/// </summary>
internal sealed class RecordedFeed : FeedSource, IDisposable
{
    private readonly string _path;
    private readonly Dictionary<string, ServedFeature> _known = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly StreamReader _lines;
    private readonly FeedClock? _clock;
    private Snapshot _current;
    private Snapshot? _next;

    private RecordedFeed(string path, Func<DateTimeOffset, FeedClock>? clock)
    {
        _path = path;
        _lines = Open(path);
        _current = ReadNext() ?? throw TarnException.InvalidInput("A recording has at least one snapshot.", path);
        _next = ReadNext();
        _clock = clock?.Invoke(_current.At);
        Learn(_current);
    }

    /// <summary>How many snapshots have been on show.</summary>
    public int Position { get; private set; } = 1;

    /// <summary>When the snapshot on show was recorded, or where the clock stands after the last.</summary>
    public override DateTimeOffset Now
    {
        get
        {
            lock (_gate)
            {
                return CatchUp();
            }
        }
    }

    /// <summary>Opens a recording.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">Our clock.</param>
    /// <param name="speedUp">How much faster than recorded it plays; null plays on <see cref="Advance"/> alone.</param>
    /// <exception cref="TarnException">The file is absent, or holds no snapshot.</exception>
    public static RecordedFeed Open(string path, TimeProvider time, double? speedUp) =>
        new(path, speedUp is { } speed ? start => FeedClock.StartingAt(time, start, speed) : null);

    /// <summary>Opens a recording that plays on a clock.</summary>
    public static RecordedFeed Open(string path, FeedClock clock) => new(path, _ => clock);

    /// <summary>When the first snapshot was recorded.</summary>
    public static DateTimeOffset StartOf(string path)
    {
        using var feed = new RecordedFeed(path, null);
        return feed.Now;
    }

    /// <summary>Shows the next snapshot; false where this was the last.</summary>
    public bool Advance()
    {
        lock (_gate)
        {
            return Step();
        }
    }

    public override RecordedSummary? Recorded(string feed)
    {
        lock (_gate)
        {
            CatchUp();
            return new RecordedSummary(_current.Body, FeedServer.EntityTag(_current.Body), _current.At);
        }
    }

    public override IReadOnlyList<ServedFeature> Catalogue()
    {
        lock (_gate)
        {
            CatchUp();
            return [.. _known.Values];
        }
    }

    public override FeedFault NextFault() => FeedFault.None;

    public void Dispose() => _lines.Dispose();

    private DateTimeOffset CatchUp()
    {
        if (_clock is null)
        {
            return _current.At;
        }

        var now = _clock.Now;
        while (_next is { } next && next.At <= now)
        {
            Step();
        }

        return now;
    }

    private bool Step()
    {
        if (_next is null)
        {
            return false;
        }

        (_current, _next) = (_next, ReadNext());
        Position++;
        Learn(_current);
        return true;
    }

    private void Learn(Snapshot snapshot)
    {
        foreach (var feature in snapshot.Document.Features)
        {
            var row = feature.Event;
            var raw = feature.RawUtf8;
            _known[row.Id] = new ServedFeature(row.Id, row.Time, row.Updated, row.Mag, row.IsDeleted, 1, () => raw)
            {
                Longitude = row.Longitude,
                Latitude = row.Latitude,
            };
        }
    }

    private Snapshot? ReadNext()
    {
        if (!_path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) && !_path.EndsWith(".jsonl.gz", StringComparison.OrdinalIgnoreCase))
        {
            var whole = _lines.ReadToEnd();
            return whole.Length == 0 ? null : Snapshot.OfDocument(System.Text.Encoding.UTF8.GetBytes(whole), null, _path);
        }

        while (_lines.ReadLine() is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                return Snapshot.OfLine(System.Text.Encoding.UTF8.GetBytes(line), _path);
            }
        }

        return null;
    }

    private static StreamReader Open(string path)
    {
        if (!File.Exists(path))
        {
            throw TarnException.NotFound("The recording to replay does not exist.", path, "Give --feed replay:FILE a .geojson, .jsonl or .jsonl.gz file.");
        }

        Stream file = File.OpenRead(path);
        return new StreamReader(path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file);
    }

    private sealed record Snapshot(DateTimeOffset At, ReadOnlyMemory<byte> Body, FeedDocument Document)
    {
        public static Snapshot OfLine(ReadOnlyMemory<byte> line, string path)
        {
            var reader = new Utf8JsonReader(line.Span);
            DateTimeOffset? at = null;
            ReadOnlyMemory<byte> body = default;
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isTime = reader.ValueTextEquals("committed_at"u8);
                var isFeed = reader.ValueTextEquals("feed"u8);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                if (isTime)
                {
                    at = reader.GetDateTimeOffset();
                }

                reader.Skip();
                if (isFeed)
                {
                    body = line[start..(int)reader.BytesConsumed];
                }
            }

            return OfDocument(body, at, path);
        }

        public static Snapshot OfDocument(ReadOnlyMemory<byte> body, DateTimeOffset? at, string path)
        {
            var document = FeedParser.Parse(body, path);
            return new Snapshot(at ?? document.Metadata.Generated ?? DateTimeOffset.UnixEpoch, body, document);
        }
    }
}
