using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Core.Tests;

/// <summary>The channels that post over HTTP.</summary>
public abstract class HttpAlertChannelContract : RemoteAlertChannelContract
{
    protected const string Path = "/services/T0123456/B7654321/the-very-secret-token-of-this-hook";

    protected HttpReceiver Http { get; private set; } = null!;

    protected override AlertReceiver Receiver => Http;

    protected override IReadOnlyList<string> Secrets { get; } = ["T0123456", "the-very-secret-token-of-this-hook"];

    public override async ValueTask InitializeAsync()
    {
        Http = await HttpReceiver.StartAsync();
        Channel = CreateFor(Http.Port);
    }

    [Fact]
    public async Task How_long_a_busy_receiver_asks_to_be_left_alone_is_told()
    {
        Receiver.Mood = ReceiverMood.Busy;
        Assert.Equal(TimeSpan.FromSeconds(7), (await SendSomethingAsync()).RetryAfter);
        Http.BusyAnswer = answer => answer.Headers.RetryAfter = Time.GetUtcNow().AddSeconds(90).ToString("r", CultureInfo.InvariantCulture);
        Assert.Equal(TimeSpan.FromSeconds(90), (await SendSomethingAsync()).RetryAfter);
        Http.BusyAnswer = static _ => { };
        Assert.Null((await SendSomethingAsync()).RetryAfter);
    }

    protected static Uri UrlOf(int port) => new($"http://127.0.0.1:{port}{Path}");
}

public sealed class WebhookAlertChannelTests : HttpAlertChannelContract
{
    protected override IReadOnlyList<string> Secrets => [.. base.Secrets, "key-of-the-signature", "Zm9vOmJhcjpiYXo="];

    [Fact]
    public async Task The_signature_is_that_of_time_and_body()
    {
        Assert.True((await SendSomethingAsync()).IsSent);
        var timestamp = Http.Headers["X-Tarn-Timestamp"];
        Assert.Equal(Time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), timestamp);
        var expected = HMACSHA256.HashData("key-of-the-signature"u8, Encoding.UTF8.GetBytes($"{timestamp}.{Http.Taken[0]}"));
        Assert.Equal($"sha256={Convert.ToHexStringLower(expected)}", Http.Headers["X-Tarn-Signature"]);
        Assert.Equal(("m1", "Basic Zm9vOmJhcjpiYXo=", Path), (Http.Headers["X-Tarn-Alert-Id"], Http.Headers["Authorization"], Http.Target));
    }

    [Fact]
    public async Task The_body_is_the_documented_one()
    {
        Assert.True((await SendSomethingAsync()).IsSent);
        Assert.Equal(
            """{"id":"m1","channel":"hook","count":1,"severity":"error","title":"orders failed","text":"It broke.","occurredAt":"2026-01-01T00:00:00.000Z","link":"http://127.0.0.1:8080/runs/r-77?a=1&b=2","alerts":[{"id":"m1","kind":"failure","severity":"error","subject":"orders","title":"orders failed","text":"It broke.","occurredAt":"2026-01-01T00:00:00.000Z","fields":{"run":"r-77"}}]}""",
            Http.Taken[0]);
    }

    [Theory]
    [InlineData("Content-Type", "x")]
    [InlineData("Bad Name", "x")]
    [InlineData("X-Fine", "two\r\nlines")]
    public void A_header_that_cannot_be_sent_is_refused_without_its_value(string name, string value)
    {
        var settings = new WebhookSettings { Url = new Uri("http://h/"), Headers = new Dictionary<string, string> { [name] = value } };
        Assert.DoesNotContain("lines", Assert.Throws<TarnException>(() => new WebhookAlertChannel("hook", settings, Time)).Message, StringComparison.Ordinal);
    }

    protected override AlertChannel CreateFor(int port) => new WebhookAlertChannel(
        "hook",
        new WebhookSettings { Url = UrlOf(port), Secret = "key-of-the-signature", Headers = new Dictionary<string, string> { ["Authorization"] = "Basic Zm9vOmJhcjpiYXo=" } },
        Time);

    protected override string Readable(string arrived)
    {
        var json = JsonNode.Parse(arrived)!;
        return $"{json["id"]} {json["title"]}\n{json["text"]}\n{string.Join('\n', json["alerts"]![0]!["fields"]!.AsObject().Select(static f => f.Value))}";
    }
}

public sealed class DiscordAlertChannelTests : HttpAlertChannelContract
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Receiver.Check = static body =>
        {
            var embed = JsonNode.Parse(body)!["embeds"]![0]!;
            var fields = embed["fields"]!.AsArray();
            Assert.InRange(Length(embed["title"]), 1, 256);
            Assert.InRange(Length(embed["description"]), 0, 4096);
            Assert.InRange(fields.Count, 0, 25);
            Assert.All(fields, static f => Assert.True(Length(f!["name"]) is > 0 and <= 256 && Length(f["value"]) is > 0 and <= 1024));
            Assert.InRange(Length(embed["title"]) + Length(embed["description"]) + Length(embed["footer"]!["text"]) + fields.Sum(static f => Length(f!["name"]) + Length(f["value"])), 1, 6000);
            Assert.Empty(JsonNode.Parse(body)!["allowed_mentions"]!["parse"]!.AsArray());
        };
    }

    [Fact]
    public async Task The_seconds_that_the_body_asks_for_are_honoured()
    {
        Receiver.Mood = ReceiverMood.Busy;
        Http.BusyAnswer = static answer =>
        {
            answer.Headers.RetryAfter = "1";
            answer.WriteAsync("""{"message":"You are being rate limited.","retry_after":64.57,"global":false}""").Wait();
        };
        Assert.Equal(TimeSpan.FromSeconds(64.57), (await SendSomethingAsync()).RetryAfter);
    }

    [Fact]
    public async Task It_asks_for_the_answer_whether_the_message_was_taken()
    {
        Assert.True((await SendSomethingAsync()).IsSent);
        Assert.Equal($"{Path}?wait=true", Http.Target);
    }

    protected override AlertChannel CreateFor(int port) => new DiscordAlertChannel("chat", UrlOf(port), Time);

    protected override string Readable(string arrived)
    {
        var embed = JsonNode.Parse(arrived)!["embeds"]![0]!;
        var text = $"{embed["title"]}\n{embed["description"]}\n{string.Join('\n', embed["fields"]!.AsArray().Select(static f => f!["value"]))}\n{embed["footer"]!["text"]}";
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            plain.Append(text[i] == '\\' && i + 1 < text.Length ? text[++i] : text[i]);
        }

        return plain.ToString();
    }

    private static int Length(JsonNode? text) => ((string)text!).Length;
}

public sealed class SlackAlertChannelTests : HttpAlertChannelContract
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Receiver.Check = static body =>
        {
            foreach (var block in JsonNode.Parse(body)!["blocks"]!.AsArray())
            {
                if (block!["text"] is { } text)
                {
                    AssertText(text, 3000);
                }

                if (block["fields"] is JsonArray fields)
                {
                    Assert.InRange(fields.Count, 1, 10);
                    Assert.All(fields, static f => AssertText(f!, 2000));
                }
            }
        };
    }

    [Fact]
    public async Task The_link_is_one_that_slack_understands()
    {
        Assert.True((await SendSomethingAsync()).IsSent);
        Assert.Contains("<http://127.0.0.1:8080/runs/r-77?a=1&amp;b=2|open>", Http.Taken[0], StringComparison.Ordinal);
    }

    protected override AlertChannel CreateFor(int port) => new SlackAlertChannel("team", UrlOf(port), Time);

    protected override string Readable(string arrived)
    {
        var blocks = JsonNode.Parse(arrived)!["blocks"]!.AsArray();
        var texts = blocks.SelectMany(static b => b!["text"] is { } t ? [t] : (b["fields"] ?? b["elements"])!.AsArray().Select(static f => f!)).Select(static t => (string)t["text"]!);
        return string.Join('\n', texts).Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal);
    }

    private static void AssertText(JsonNode text, int most)
    {
        var value = (string)text["text"]!;
        Assert.InRange(value.Length, 1, most);
        Assert.DoesNotMatch("&(?!amp;|lt;|gt;)", value);
    }
}

public sealed class EmailAlertChannelTests : RemoteAlertChannelContract
{
    private SmtpReceiver _smtp = null!;

    protected override AlertReceiver Receiver => _smtp;

    protected override IReadOnlyList<string> Secrets { get; } = ["pass-word-1", "cGFzcy13b3JkLTE="];

    public override ValueTask InitializeAsync()
    {
        _smtp = SmtpReceiver.Start();
        Channel = CreateFor(_smtp.Port);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task It_logs_in_and_names_sender_receivers_and_the_alert()
    {
        Assert.True((await SendSomethingAsync()).IsSent);

        Assert.Contains(_smtp.Said, static l => l.StartsWith("AUTH LOGIN", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(["<a@example.org>", "<b@example.org>"], _smtp.Said.Where(static l => l.StartsWith("RCPT", StringComparison.Ordinal)).Select(static l => l[8..]));
        Assert.Contains("Message-ID: <m1@example.org>", _smtp.Taken[0], StringComparison.OrdinalIgnoreCase);
        Assert.Contains("X-Tarn-Alert-Id: m1", _smtp.Taken[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_receiver_that_there_is_not_makes_no_mail_come_twice_to_the_others()
    {
        var settings = new EmailSettings { Host = "127.0.0.1", Port = _smtp.Port, StartTls = false, From = "t@example.org", To = ["nobody@example.org", "b@example.org"] };
        using var channel = new EmailAlertChannel("mail", settings);
        var result = await channel.SendAsync(Message("m1", "t", "", []), Time, TestContext.Current.CancellationToken);
        Assert.True(result.IsSent, result.Error);
        Assert.Contains("no such user", result.Note, StringComparison.Ordinal);
        Assert.Single(_smtp.Taken);
    }

    [Fact]
    public async Task A_server_that_does_not_offer_starttls_is_told_nothing()
    {
        using var channel = new EmailAlertChannel("mail", Settings(_smtp.Port, startTls: true));
        var result = await channel.SendAsync(Message("m1", "t", "", []), Time, TestContext.Current.CancellationToken);
        Assert.False(result.IsSent);
        Assert.DoesNotContain(_smtp.Said, static l => l.StartsWith("AUTH", StringComparison.Ordinal) || l.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_not_trusted()
    {
        using var key = RSA.Create(2048);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var smtp = SmtpReceiver.Start(certificate);
        using var channel = new EmailAlertChannel("mail", Settings(smtp.Port, startTls: true));
        var result = await channel.SendAsync(Message("m1", "t", "", []), Time, TestContext.Current.CancellationToken);
        Assert.False(result.IsSent);
        Assert.False(result.IsRefused, result.Error);
        Assert.Equal("STARTTLS", smtp.Said[^1]);
    }

    protected override AlertChannel CreateFor(int port) => new EmailAlertChannel("mail", Settings(port, startTls: false));

    protected override string Readable(string arrived)
    {
        var parts = arrived.Split("\r\n\r\n", 2);
        var headers = parts[0].Replace("\r\n ", " ", StringComparison.Ordinal);
        var subject = headers.Split("\r\n").First(static l => l.StartsWith("Subject:", StringComparison.OrdinalIgnoreCase))["Subject: ".Length..];
        return $"{DecodeWords(subject)}\n{(headers.Contains("base64", StringComparison.Ordinal) ? Encoding.UTF8.GetString(Convert.FromBase64String(parts[1].ReplaceLineEndings(""))) : DecodeQuoted(parts[1]))}";
    }

    private static EmailSettings Settings(int port, bool startTls) => new()
    {
        Host = "127.0.0.1",
        Port = port,
        StartTls = startTls,
        User = "tarn",
        Password = "pass-word-1",
        From = "Tarn <alerts@example.org>",
        To = ["a@example.org", "b@example.org"],
    };

    private static string DecodeWords(string subject) => System.Text.RegularExpressions.Regex.Replace(
        subject,
        @"=\?utf-8\?(.)\?(.*?)\?=\s*",
        static m => m.Groups[1].Value is "B" or "b" ? Encoding.UTF8.GetString(Convert.FromBase64String(m.Groups[2].Value)) : DecodeQuoted(m.Groups[2].Value.Replace('_', ' ')),
        System.Text.RegularExpressions.RegexOptions.IgnoreCase);

    private static string DecodeQuoted(string text)
    {
        var bytes = new List<byte>();
        var plain = text.Replace("=\r\n", "", StringComparison.Ordinal);
        for (var i = 0; i < plain.Length; i++)
        {
            if (plain[i] == '=' && i + 2 < plain.Length && byte.TryParse(plain.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var coded))
            {
                bytes.Add(coded);
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(plain[i].ToString()));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}

public sealed class LogAlertChannelTests : AlertChannelContract
{
    private readonly RecordedLog _log = new();
    private ILoggerFactory _loggers = null!;

    public override ValueTask InitializeAsync()
    {
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        Channel = new LogAlertChannel("log", _loggers);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task An_alert_is_one_line_of_its_own_level()
    {
        await SendAsync(Message("m1", "orders failed", "It broke.\nAnd how.", [new("run", "r-77")]));
        var line = Assert.Single(_log.Lines);
        Assert.Equal((LogLevel.Error, 1020, "Alert: orders failed | It broke. And how. | run=r-77 | http://127.0.0.1:8080/runs/r-77?a=1&b=2 (alert m1)"), line);
    }

    public override ValueTask DisposeAsync()
    {
        _loggers.Dispose();
        return base.DisposeAsync();
    }

    protected override IReadOnlyList<string> Arrived() => [.. _log.Lines.Select(static l => l.Text)];

    protected override string Readable(string arrived) => arrived;
}
