using System.Text.Json;

namespace Tarn.Core;

/// <summary>A delivery that waits, with its alert.</summary>
internal sealed class WaitingRow
{
    public const string Columns =
        "d.seq AS Seq, d.group_key AS Unit, d.due_at AS DueAt, a.id AS Id, a.kind AS Kind, a.severity AS Severity, a.subject AS Subject, a.title AS Title, " +
        "a.body AS Body, a.fields AS Fields, a.group_key AS GroupKey, a.occurred_at AS OccurredAt";

    public long Seq { get; set; }

    /// <summary>The key of those with which it is told; null where it is told by itself.</summary>
    public string? Unit { get; set; }

    public long DueAt { get; set; }

    public string Id { get; set; } = "";

    public string Kind { get; set; } = "";

    public string Severity { get; set; } = "";

    public string Subject { get; set; } = "";

    public string Title { get; set; } = "";

    public string Body { get; set; } = "";

    public string Fields { get; set; } = "{}";

    public string? GroupKey { get; set; }

    public long OccurredAt { get; set; }

    public RecordedAlert ToAlert() => new(Id, new Alert
    {
        Kind = Kind,
        Severity = AlertText.Severity(Severity),
        Subject = Subject,
        Title = Title,
        Text = Body,
        Fields = JsonSerializer.Deserialize(Fields, AlertJson.Plain.DictionaryStringString) ?? [],
        GroupKey = GroupKey,
        OccurredAt = Instant.FromMicroseconds(OccurredAt),
    });
}

/// <summary>What a channel is to do next: send a message, or wait.</summary>
/// <param name="Send">The deliveries of the message; none where there is nothing to send now.</param>
/// <param name="WakeAt">When to look again, where there is nothing to send now; null: when something is added.</param>
/// <param name="GivenUp">How many deliveries were given up, too old.</param>
internal sealed record ChannelTurn(IReadOnlyList<WaitingRow> Send, long? WakeAt, int GivenUp);

/// <summary>What became of a message, to be written down.</summary>
internal sealed record ChannelOutcome(IReadOnlyList<long> Deliveries, AlertSendResult Result, long At);
