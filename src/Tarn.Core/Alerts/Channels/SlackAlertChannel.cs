using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tarn.Core;

/// <summary>
/// Tells alerts in a Slack channel, by an incoming webhook, as blocks. The limits are those of Slack's documentation: 3000 characters of text in a
/// section, 10 fields of 2000.
/// </summary>
public sealed class SlackAlertChannel : AlertChannel
{
    private const int MostTitle = 500;
    private const int MostText = 2900;
    private const int MostFields = 10;
    private const int MostValue = 1900;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly HttpPost _post;

    /// <summary>A channel to an incoming webhook of Slack's.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="url">The webhook's URL; it is a secret.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">What every channel can be told; null for the defaults.</param>
    public SlackAlertChannel(string name, Uri url, TimeProvider time, AlertChannelOptions? options = null)
        : base(name, options, AlertSecrets.Of(HttpPost.Check(name, url))) => _post = new HttpPost(url, time);

    /// <inheritdoc/>
    public override string Type => "slack";

    /// <summary>Three characters have a meaning of their own in Slack's text, and are written as entities.</summary>
    public override string Escape(string value) =>
        value.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override Task<AlertSendResult> DeliverAsync(AlertMessage message, CancellationToken cancellation) => _post.PostAsync(Body(message), null, null, cancellation);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _post.Dispose();

    private ReadOnlyMemory<byte> Body(AlertMessage message)
    {
        var mark = message.Severity switch { AlertSeverity.Error => ":red_circle:", AlertSeverity.Warning => ":warning:", _ => ":large_blue_circle:" };
        var title = Shorten(message.Title, MostTitle);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("text", title);
            json.WriteStartArray("blocks");
            WriteSection(json, message.Link is { } link ? $"{mark} *{title}*  <{LinkTarget(link)}|open>" : $"{mark} *{title}*");
            if (message.Text.Length > 0)
            {
                WriteSection(json, Shorten(message.Text, MostText));
            }

            if (message.Fields.Count > 0)
            {
                json.WriteStartObject();
                json.WriteString("type", "section");
                json.WriteStartArray("fields");
                foreach (var field in message.Fields.Take(MostFields))
                {
                    WriteText(json, Shorten($"*{Escape(AlertText.Label(field.Key))}*\n{Escape(field.Value)}", MostValue));
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteStartObject();
            json.WriteString("type", "context");
            json.WriteStartArray("elements");
            WriteText(json, $"alert {message.Id}");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteSection(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "section");
        json.WritePropertyName("text");
        WriteText(json, text);
        json.WriteEndObject();
    }

    // Verbatim: addresses and names that stand in values do not become links or mentions.
    private static void WriteText(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "mrkdwn");
        json.WriteString("text", text);
        json.WriteBoolean("verbatim", true);
        json.WriteEndObject();
    }

    private string LinkTarget(Uri link) => Escape(link.AbsoluteUri).Replace("|", "%7C", StringComparison.Ordinal);

    // No entity is cut in half.
    private static string Shorten(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        var cut = AlertText.Shorten(text, most)[..^1];
        var entity = cut.LastIndexOf('&');
        return (entity >= 0 && cut.IndexOf(';', entity) < 0 ? cut[..entity] : cut) + "…";
    }
}
