using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tarn.Core;

/// <summary>Makes a message of alerts, in a channel's words and form.</summary>
internal static class AlertComposer
{
    public static AlertMessage Compose(AlertChannel channel, IReadOnlyDictionary<string, AlertWording> ofKinds, IReadOnlyList<RecordedAlert> alerts)
    {
        AlertWording Words(RecordedAlert alert) =>
            channel.Options.Wording.Above(ofKinds.GetValueOrDefault(alert.Alert.Kind, AlertWording.None)).Above(AlertWording.Default);

        return alerts.Count == 1 ? Single(channel, alerts[0], Words(alerts[0])) : Several(channel, alerts, Words);
    }

    private static AlertMessage Single(AlertChannel channel, RecordedAlert alert, AlertWording words)
    {
        var text = words.Text!;
        var link = LinkOf(alert.Alert);
        return new AlertMessage
        {
            Id = alert.Id,
            Alerts = [alert],
            Severity = alert.Alert.Severity,
            Title = Title(channel, alert, words),
            Text = text.Render(name => ValueOf(alert, name), channel.Escape).Trim(),
            Fields = [.. alert.Alert.Fields.Where(f => f.Value.Length > 0 && !text.Names.Contains(f.Key) && !(f.Key == AlertFields.Link && link is not null))],
            Link = link,
        };
    }

    private static AlertMessage Several(AlertChannel channel, IReadOnlyList<RecordedAlert> alerts, Func<RecordedAlert, AlertWording> words)
    {
        var severity = alerts.Max(static a => a.Alert.Severity);
        var first = Title(channel, alerts[0], words(alerts[0]));
        var alike = alerts.All(a => Title(channel, a, words(a)) == first);
        var text = new StringBuilder();
        foreach (var alert in alerts.Take(AlertMessage.MostTold))
        {
            var said = words(alert).Text!.Render(name => ValueOf(alert, name), channel.Escape).Trim();
            var line = said.Split('\n')[0];
            text.Append(CultureInfo.InvariantCulture, $"{At(alert.Alert)} ");
            text.Append(alike && line.Length > 0 ? "" : Title(channel, alert, words(alert)));
            text.Append(alike || line.Length == 0 ? "" : ": ").Append(AlertText.Shorten(line, 300)).Append('\n');
        }

        if (alerts.Count > AlertMessage.MostTold)
        {
            text.Append(CultureInfo.InvariantCulture, $"and {alerts.Count - AlertMessage.MostTold} more");
        }

        return new AlertMessage
        {
            Id = Digest(alerts),
            Alerts = alerts,
            Severity = severity,
            Title = alike ? string.Create(CultureInfo.InvariantCulture, $"{first}, {alerts.Count} times") : string.Create(CultureInfo.InvariantCulture, $"{alerts.Count} alerts, first: {first}"),
            Text = text.ToString().TrimEnd('\n'),
            Link = LinkOf(alerts[0].Alert),
        };
    }

    // A template may come to nothing; a message without a title is none.
    private static string Title(AlertChannel channel, RecordedAlert alert, AlertWording words)
    {
        var title = AlertText.OneLine(words.Title!.Render(name => ValueOf(alert, name), value => channel.Escape(AlertText.OneLine(value)))).Trim();
        return title.Length > 0 ? title : channel.Escape(AlertText.OneLine(alert.Alert.Title ?? alert.Alert.Kind));
    }

    private static string? ValueOf(RecordedAlert recorded, string name)
    {
        var alert = recorded.Alert;
        return name switch
        {
            "id" => recorded.Id,
            "kind" => alert.Kind,
            "severity" => AlertText.Name(alert.Severity),
            "subject" => alert.Subject,
            "title" => alert.Title,
            "text" => alert.Text,
            "occurred_at" => At(alert),
            _ => alert.Fields.GetValueOrDefault(name),
        };
    }

    private static string At(Alert alert) => alert.OccurredAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static Uri? LinkOf(Alert alert) =>
        alert.Fields.TryGetValue(AlertFields.Link, out var text) && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : null;

    private static string Digest(IReadOnlyList<RecordedAlert> alerts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(',', alerts.Select(static a => a.Id)))))[..32];
}
