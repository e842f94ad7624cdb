using System.Text;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.Streams;

/// <summary>A record that could not be read, as a row of a quarantine table: enough to see what it was, and to send it again once the fault is mended.</summary>
public sealed record QuarantineRow
{
    /// <summary>The topic; null for what was refused before it reached one.</summary>
    [Describe("The topic; null for what was refused before it reached one.")]
    public string? Topic { get; init; }

    /// <summary>The partition.</summary>
    public int? Partition { get; init; }

    /// <summary>The offset in the partition.</summary>
    public long? Offset { get; init; }

    /// <summary>The record's timestamp; for what never reached a topic, when it was received.</summary>
    [Describe("The record's timestamp; for what never reached a topic, when it was received.")]
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Why it could not be read.</summary>
    [Describe("Why it could not be read.")]
    public required string Reason { get; init; }

    /// <summary>The sink that could not take it, where that is not for its bytes: those of other sinks may have taken it.</summary>
    [Describe("The sink that could not take it; null for what no sink can read.")]
    public string? Sink { get; init; }

    /// <summary>The record's key, as text.</summary>
    public string? Key { get; init; }

    /// <summary>The bytes as they came: text where they are UTF-8, else base64; null for a record without a value.</summary>
    [Describe("The bytes as they came: text where they are UTF-8, else base64.")]
    public string? Raw { get; init; }

    /// <summary>How <see cref="Raw"/> is written: <c>utf-8</c> or <c>base64</c>.</summary>
    [Describe("How raw is written: utf-8 or base64.")]
    public string RawEncoding { get; init; } = "utf-8";
}

/// <summary>
/// Where records go that could not be read: an append-only table, one for a topic and shared by its sinks. It knows by its own commits which offsets
/// it has, so that a record is there once, however often and by however many sinks it is delivered.
/// </summary>
public sealed class QuarantineTable
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly Lake.Lake _lake;

    /// <summary>Names a quarantine table; it is made with its first row.</summary>
    public QuarantineTable(Lake.Lake lake, string name)
    {
        _lake = lake;
        Table = lake.Table(name);
    }

    /// <summary>The table.</summary>
    public LakeTable Table { get; }

    /// <summary>The table <c>bronze.TOPIC_quarantine</c>; what a table's name cannot hold becomes an underscore.</summary>
    public static QuarantineTable ForTopic(Lake.Lake lake, string topic)
    {
        var name = new StringBuilder("bronze.");
        if (!char.IsAsciiLetter(topic[0]))
        {
            name.Append('t');
        }

        foreach (var c in topic)
        {
            name.Append(char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_');
        }

        return new QuarantineTable(lake, name.Append("_quarantine").ToString());
    }

    /// <summary>Makes the table where it is missing.</summary>
    public Task EnsureAsync(CancellationToken cancellation = default) => _lake.EnsureTableAsync(
        new TableDefinition(Table.Name, RowMapping<QuarantineRow>.Instance.Schema) { Description = "What could not be read, with the reason." },
        cancellation);

    /// <summary>Adds rows in one commit, with the application transactions given (see <see cref="WriteOptions.Transactions"/>).</summary>
    public async Task AppendAsync(
        IReadOnlyList<QuarantineRow> rows, IReadOnlyList<AppTransaction>? transactions = null, CancellationToken cancellation = default)
    {
        await EnsureAsync(cancellation).ConfigureAwait(false);
        await Table.AppendAsync(rows, new WriteOptions { Transactions = transactions ?? [] }, cancellation).ConfigureAwait(false);
    }

    /// <summary>Adds the quarantined records of a batch that are not there yet; returns how many those were.</summary>
    public async Task<int> AddAsync<T>(SinkBatch<T> batch, CancellationToken cancellation = default)
    {
        if (batch.Quarantined.Count == 0)
        {
            return 0;
        }

        var stored = await LakeProgress.CommittedAsync(Table, batch.ApplicationId, cancellation).ConfigureAwait(false) ?? 0;
        var rows = batch.Quarantined.Where(q => q.Record.Offset >= stored).Select(ToRow).ToList();
        if (rows.Count > 0)
        {
            await AppendAsync(rows, [new AppTransaction(batch.ApplicationId, batch.NextOffset)], cancellation).ConfigureAwait(false);
        }

        return rows.Count;
    }

    /// <summary>
    /// Adds records that one sink could not take, though their bytes could be read, where they are not there yet. They are found anywhere in a batch, in any order, so that
    /// no offset tells which are there: the table itself is asked.
    /// </summary>
    /// <param name="sink">The sink's name.</param>
    /// <param name="refused">The records, of one partition.</param>
    /// <param name="cancellation">Ends the write.</param>
    /// <returns>How many were not there yet.</returns>
    public async Task<int> AddRefusedAsync(string sink, IReadOnlyList<QuarantinedRecord> refused, CancellationToken cancellation = default)
    {
        if (refused.Count == 0)
        {
            return 0;
        }

        await EnsureAsync(cancellation).ConfigureAwait(false);
        var there = new HashSet<long>();
        var (first, sql) = (refused[0].Record, $"SELECT \"offset\" FROM {Table.Name} WHERE topic = $topic AND \"partition\" = $partition AND sink = $sink AND \"offset\" BETWEEN $low AND $high");
        var parameters = new Dictionary<string, object?>
        {
            ["topic"] = first.Topic,
            ["partition"] = first.Partition,
            ["sink"] = sink,
            ["low"] = refused.Min(static r => r.Record.Offset),
            ["high"] = refused.Max(static r => r.Record.Offset),
        };
        await using (var result = await _lake.Sql.QueryAsync(sql, new QueryOptions { Parameters = parameters }, cancellation).ConfigureAwait(false))
        {
            await foreach (var row in result.RowsAsync(cancellation).ConfigureAwait(false))
            {
                there.Add((long)row[0]!);
            }
        }

        var rows = refused.Where(r => !there.Contains(r.Record.Offset)).Select(r => ToRow(r) with { Sink = sink }).ToList();
        if (rows.Count > 0)
        {
            await AppendAsync(rows, cancellation: cancellation).ConfigureAwait(false);
        }

        return rows.Count;
    }

    private static QuarantineRow ToRow(QuarantinedRecord quarantined)
    {
        var (record, value) = (quarantined.Record, quarantined.Record.Value);
        var row = new QuarantineRow
        {
            Topic = record.Topic,
            Partition = record.Partition,
            Offset = record.Offset,
            ReceivedAt = record.Timestamp,
            Reason = quarantined.Reason,
            Key = Encoding.UTF8.GetString(record.Key.Span),
        };
        try
        {
            return row with { Raw = value is { } text ? Strict.GetString(text.Span) : null };
        }
        catch (DecoderFallbackException)
        {
            return row with { Raw = Convert.ToBase64String(value!.Value.Span), RawEncoding = "base64" };
        }
    }
}
