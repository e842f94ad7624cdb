using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tarn.Core;

/// <summary>Where a webhook is, and how it knows that it is us. All of it is kept secret.</summary>
public sealed class WebhookSettings
{
    /// <summary>The URL to which alerts are posted; http or https.</summary>
    public required Uri Url { get; init; }

    /// <summary>The key of the signature; null for none.</summary>
    public string? Secret { get; init; }

    /// <summary>Further headers, such as <c>Authorization</c>.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// Posts alerts as JSON to any URL; docs/alerts.md tells the body. With a secret, <c>X-Tarn-Signature</c> is <c>sha256=</c> and the HMAC-SHA256 (RFC 2104) in hexadecimal
/// of <c>X-Tarn-Timestamp</c>, a point and the body.
/// </summary>
public sealed class WebhookAlertChannel : AlertChannel
{
    private const int MostListed = 20;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Type", "Content-Length", "Transfer-Encoding", "Connection", "X-Tarn-Signature", "X-Tarn-Timestamp", "X-Tarn-Alert-Id",
    };

    private readonly HttpPost _post;
    private readonly WebhookSettings _settings;
    private readonly byte[]? _key;
    private readonly TimeProvider _time;

    /// <summary>A channel to a webhook.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="settings">Where it is.</param>
    /// <param name="time">The clock, for the signature.</param>
    /// <param name="options">What every channel can be told; null for the defaults.</param>
    /// <exception cref="TarnException">The URL or a header cannot be used.</exception>
    public WebhookAlertChannel(string name, WebhookSettings settings, TimeProvider time, AlertChannelOptions? options = null)
        : base(name, options, AlertSecrets.Of(HttpPost.Check(name, settings.Url)).Append(settings.Secret ?? "").Concat(settings.Headers.Values.SelectMany(static v => v.Split(' ').Where(AlertSecrets.IsKey).Append(v))))
    {
        foreach (var header in settings.Headers)
        {
            if (HeaderRuleBrokenBy(header.Key, header.Value) is { } rule)
            {
                throw TarnException.InvalidInput(rule, header.Key);
            }
        }

        _settings = settings;
        _key = settings.Secret is { Length: > 0 } secret ? Encoding.UTF8.GetBytes(secret) : null;
        _time = time;
        _post = new HttpPost(settings.Url, time);
    }

    /// <inheritdoc/>
    public override string Type => "webhook";

    /// <summary>What is wrong with a header, as a sentence that does not tell its value; null where nothing is.</summary>
    public static string? HeaderRuleBrokenBy(string name, string value)
    {
        if (Own.Contains(name))
        {
            return "This header is set by Tarn itself.";
        }

        using var probe = new HttpRequestMessage();
        return !probe.Headers.TryAddWithoutValidation(name, "x") ? "A header's name has letters, digits and hyphens, and is not one of content."
            : value.Any(static c => char.IsControl(c) || c > '~') ? "A header's value is plain ASCII in one line."
            : null;
    }

    /// <inheritdoc/>
    protected override Task<AlertSendResult> DeliverAsync(AlertMessage message, CancellationToken cancellation)
    {
        var body = Body(message);
        return _post.PostAsync(body, headers => AddHeaders(headers, message, body), null, cancellation);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _post.Dispose();

    private void AddHeaders(HttpRequestHeaders headers, AlertMessage message, ReadOnlyMemory<byte> body)
    {
        headers.TryAddWithoutValidation("X-Tarn-Alert-Id", message.Id);
        foreach (var (name, value) in _settings.Headers)
        {
            headers.TryAddWithoutValidation(name, value);
        }

        if (_key is null)
        {
            return;
        }

        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signed = new byte[timestamp.Length + 1 + body.Length];
        Encoding.ASCII.GetBytes(timestamp, signed);
        signed[timestamp.Length] = (byte)'.';
        body.CopyTo(signed.AsMemory(timestamp.Length + 1));
        headers.TryAddWithoutValidation("X-Tarn-Timestamp", timestamp);
        headers.TryAddWithoutValidation("X-Tarn-Signature", $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(_key, signed))}");
    }

    private ReadOnlyMemory<byte> Body(AlertMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("id", message.Id);
            json.WriteString("channel", Name);
            json.WriteNumber("count", message.Alerts.Count);
            json.WriteString("severity", AlertText.Name(message.Severity));
            json.WriteString("title", message.Title);
            json.WriteString("text", message.Text);
            json.WriteString("occurredAt", At(message.OccurredAt));
            if (message.Link is { } link)
            {
                json.WriteString("link", link.AbsoluteUri);
            }

            json.WriteStartArray("alerts");
            foreach (var alert in message.Alerts.Take(MostListed))
            {
                Write(json, alert);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, RecordedAlert recorded)
    {
        var alert = recorded.Alert;
        json.WriteStartObject();
        json.WriteString("id", recorded.Id);
        json.WriteString("kind", alert.Kind);
        json.WriteString("severity", AlertText.Name(alert.Severity));
        json.WriteString("subject", alert.Subject);
        json.WriteString("title", alert.Title);
        json.WriteString("text", alert.Text);
        json.WriteString("occurredAt", At(alert.OccurredAt));
        if (alert.GroupKey is { } group)
        {
            json.WriteString("groupKey", group);
        }

        json.WriteStartObject("fields");
        foreach (var (name, value) in alert.Fields)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string At(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
