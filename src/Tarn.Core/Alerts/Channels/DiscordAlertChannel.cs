using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tarn.Core;

/// <summary>
/// Tells alerts in a Discord channel, by its webhook: one embed a message, no mention of anybody. The limits are those of Discord's documentation: title 256,
/// description 4096, 25 fields of 256 and 1024, 6000 in all.
/// </summary>
public sealed class DiscordAlertChannel : AlertChannel
{
    private const int MostTitle = 256;
    private const int MostText = 3500;
    private const int MostFields = 25;
    private const int MostName = 256;
    private const int MostValue = 1024;
    private const int MostInAll = 5900;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly SearchValues<char> Special = SearchValues.Create(@"\*_~`|>#[]<");

    private readonly HttpPost _post;

    /// <summary>A channel to a Discord webhook.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="url">The webhook's URL; it is a secret.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">What every channel can be told; null for the defaults.</param>
    public DiscordAlertChannel(string name, Uri url, TimeProvider time, AlertChannelOptions? options = null)
        : base(name, options, AlertSecrets.Of(HttpPost.Check(name, url)))
    {
        // With wait, the answer says whether the message was taken, not only whether it came.
        _post = new HttpPost(new UriBuilder(url) { Query = url.Query.Length > 1 ? $"{url.Query[1..]}&wait=true" : "wait=true" }.Uri, time);
    }

    /// <inheritdoc/>
    public override string Type => "discord";

    /// <inheritdoc/>
    public override string Escape(string value)
    {
        if (!value.AsSpan().ContainsAny(Special))
        {
            return value;
        }

        var text = new StringBuilder(value.Length + 16);
        foreach (var c in value)
        {
            if (Special.Contains(c))
            {
                text.Append('\\');
            }

            text.Append(c);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    protected override Task<AlertSendResult> DeliverAsync(AlertMessage message, CancellationToken cancellation) => _post.PostAsync(Body(message), null, RetryAfter, cancellation);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _post.Dispose();

    private ReadOnlyMemory<byte> Body(AlertMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteStartObject("allowed_mentions");
            json.WriteStartArray("parse");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("embeds");
            WriteEmbed(json, message);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private void WriteEmbed(Utf8JsonWriter json, AlertMessage message)
    {
        var title = Shorten(message.Title, MostTitle);
        var text = Shorten(message.Text, MostText);
        var footer = $"alert {message.Id}";
        var left = MostInAll - title.Length - text.Length - footer.Length;
        json.WriteStartObject();
        json.WriteString("title", title);
        json.WriteString("description", text);
        json.WriteNumber("color", message.Severity switch { AlertSeverity.Error => 0xD9363E, AlertSeverity.Warning => 0xE8A317, _ => 0x3B82C4 });
        json.WriteString("timestamp", message.OccurredAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        if (message.Link is { } link)
        {
            json.WriteString("url", link.AbsoluteUri);
        }

        json.WriteStartArray("fields");
        foreach (var field in message.Fields.Take(MostFields))
        {
            var name = Shorten(Escape(AlertText.Label(field.Key)), MostName);
            var value = Shorten(Escape(field.Value), MostValue);
            if ((left -= name.Length + value.Length) < 0)
            {
                break;
            }

            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("value", value);
            json.WriteBoolean("inline", value.Length <= 40);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("footer");
        json.WriteString("text", footer);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // A cut right behind a backslash would escape the mark of the cut.
    private static string Shorten(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        var cut = AlertText.Shorten(text, most)[..^1];
        var backslashes = cut.Length - cut.AsSpan().TrimEnd('\\').Length;
        return (backslashes % 2 == 0 ? cut : cut[..^1]) + "…";
    }

    // Of a 429 the body tells seconds with their fraction; what is no such JSON tells nothing.
    private static TimeSpan? RetryAfter(string answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("retry_after", out var seconds)
                && seconds.ValueKind == JsonValueKind.Number
                && seconds.GetDouble() is >= 0 and < 1e6 and var number
                    ? TimeSpan.FromSeconds(number)
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
