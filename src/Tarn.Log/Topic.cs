using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Tarn.Core;

namespace Tarn.Log;

/// <summary>A topic whose values are of one type, kept as JSON (System.Text.Json). Immutable; safe for use from several threads.</summary>
/// <typeparam name="T">The type of a value.</typeparam>
public sealed class Topic<T>
{
    private static readonly JsonSerializerOptions DefaultJson = new(JsonSerializerDefaults.Web);
    private readonly Func<T, string> _key;
    private readonly JsonSerializerOptions _json;

    /// <summary>Names a topic in a log; it need not exist yet (<see cref="EnsureAsync"/>).</summary>
    /// <param name="log">The log.</param>
    /// <param name="name">The topic's name.</param>
    /// <param name="key">What a value is about: values of one key stay in order.</param>
    /// <param name="json">How values are written; null means the web defaults (camel case, numbers may be read from strings).</param>
    public Topic(TopicLog log, string name, Func<T, string> key, JsonSerializerOptions? json = null)
    {
        TopicName.Require(name, "topic");
        Log = log;
        Name = name;
        _key = key;
        _json = json ?? DefaultJson;
    }

    /// <summary>The log that holds the topic.</summary>
    public TopicLog Log { get; }

    /// <summary>The topic's name.</summary>
    public string Name { get; }

    /// <summary>Makes the topic where it does not exist.</summary>
    public Task<TopicDescription> EnsureAsync(TopicOptions? options = null, CancellationToken cancellation = default) =>
        Log.CreateTopicAsync(Name, options, cancellation);

    /// <summary>Appends values in one go and returns where each landed.</summary>
    public Task<IReadOnlyList<TopicOffset>> ProduceAsync(
        IEnumerable<T> values, ProduceOptions<T>? options = null, CancellationToken cancellation = default)
    {
        var records = new List<NewRecord>(values.TryGetNonEnumeratedCount(out var count) ? count : 16);
        foreach (var value in values)
        {
            records.Add(Encode(value, options?.Timestamp?.Invoke(value)));
        }

        if (options?.Transactions is { Count: > 0 } transactions)
        {
            if (records.Count == 0)
            {
                throw TarnException.InvalidInput(
                    "Transactions travel on the last record of what is produced, so there has to be one.",
                    string.Join(", ", transactions.Keys),
                    "Commit them to the table directly where nothing was received.");
            }

            records[^1] = records[^1] with { Headers = [.. transactions.Select(static t => TransactionHeader.Create(t.Key, t.Value))] };
        }

        return Log.AppendAsync(Name, records, cancellation);
    }

    /// <summary>The record that a value becomes.</summary>
    public NewRecord Encode(T value, DateTimeOffset? timestamp = null) =>
        new(Encoding.UTF8.GetBytes(_key(value)), JsonSerializer.SerializeToUtf8Bytes(value, _json), timestamp);

    /// <summary>The value of a record.</summary>
    /// <exception cref="TarnException">InvalidInput: the record has no value, or it is not JSON of this type.</exception>
    public T Decode(TopicRecord record) =>
        TryDecode(record, out var value, out var reason)
            ? value
            : throw TarnException.InvalidInput($"A record of topic {Name} holds JSON of a {typeof(T).Name}.", record.ToString(), reason);

    /// <summary>The value of a record, or the reason why it cannot be read: not JSON of this type, or refused by the type itself.</summary>
    public bool TryDecode(
        TopicRecord record,
        [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T value,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? reason)
    {
        value = default;
        if (record.Value is not { } bytes)
        {
            reason = "The record has no value (it is a tombstone).";
            return false;
        }

        try
        {
            value = JsonSerializer.Deserialize<T>(bytes.Span, _json);
            reason = value is null ? "The record's value is JSON null." : null;
            return value is not null;
        }
        catch (Exception error) when (error is JsonException or FormatException or ArgumentException or TarnException)
        {
            reason = error.Message;
            return false;
        }
    }

    /// <summary>
    /// The records of a partition from an offset on, and each further one as it arrives, until cancelled. A caller that wants to go on later
    /// commits the offset after the last record it has dealt with (<see cref="TopicLog.CommitOffsetAsync"/>).
    /// </summary>
    /// <param name="partition">The partition.</param>
    /// <param name="offset">Where to start; null means what is still there from the beginning.</param>
    /// <param name="cancellation">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<TopicRecord> ConsumeAsync(
        int partition, long? offset = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var next = offset ?? (await Log.DescribeTopicAsync(Name, cancellation).ConfigureAwait(false)).Partitions[partition].Low;
        while (true)
        {
            await Log.WaitForRecordsAsync(Name, partition, next, cancellation).ConfigureAwait(false);
            foreach (var record in await Log.ReadAsync(Name, partition, next, ReadLimits.Default, cancellation).ConfigureAwait(false))
            {
                yield return record;
                next = record.Offset + 1;
            }
        }
    }
}
