using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Text;

namespace Tarn.Core;

/// <summary>A mail server, and who writes to whom by it. The password is kept secret.</summary>
public sealed class EmailSettings
{
    /// <summary>The server's name or address.</summary>
    public required string Host { get; init; }

    /// <summary>Its port; 1 to 65535, default 587.</summary>
    public int Port { get; init; } = 587;

    /// <summary>Whether the connection is secured by STARTTLS (RFC 3207) before anything is said, and nothing is sent where the server does not offer it; default true. TLS from the first byte (port 465) is not spoken.</summary>
    public bool StartTls { get; init; } = true;

    /// <summary>Who logs in; null for nobody.</summary>
    public string? User { get; init; }

    /// <summary>With which password.</summary>
    public string? Password { get; init; }

    /// <summary>The sender's address.</summary>
    public required string From { get; init; }

    /// <summary>The receivers' addresses; at least one.</summary>
    public required IReadOnlyList<string> To { get; init; }
}

/// <summary>Sends alerts by mail (SMTP), as plain text.</summary>
public sealed class EmailAlertChannel : AlertChannel
{
    private readonly EmailSettings _settings;

    /// <summary>A channel to a mail server.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="settings">The server, and who writes to whom.</param>
    /// <param name="options">What every channel can be told; null for the defaults.</param>
    /// <exception cref="TarnException">An address is none.</exception>
    public EmailAlertChannel(string name, EmailSettings settings, AlertChannelOptions? options = null)
        : base(name, options, [settings.Password ?? ""])
    {
        foreach (var address in settings.To.Prepend(settings.From))
        {
            if (!MailAddress.TryCreate(address, out _))
            {
                throw TarnException.InvalidInput("It is a mail address, as in alerts@example.org.", address);
            }
        }

        _settings = settings;
    }

    /// <inheritdoc/>
    public override string Type => "email";

    /// <inheritdoc/>
    protected override async Task<AlertSendResult> DeliverAsync(AlertMessage message, CancellationToken cancellation)
    {
        using var mail = new MailMessage
        {
            From = new MailAddress(_settings.From),
            Subject = AlertText.Shorten(AlertText.OneLine(message.Title), 200),
            SubjectEncoding = Encoding.UTF8,
            Body = Body(message),
            BodyEncoding = Encoding.UTF8,
        };
        foreach (var address in _settings.To)
        {
            mail.To.Add(new MailAddress(address));
        }

        // The same message again has the same id, by which mail programs know it.
        mail.Headers.Add("Message-ID", $"<{message.Id}@{mail.From.Host}>");
        mail.Headers.Add("X-Tarn-Alert-Id", message.Id);
        using var smtp = new SmtpClient(_settings.Host, _settings.Port)
        {
            EnableSsl = _settings.StartTls,
            UseDefaultCredentials = false,
            Credentials = _settings.User is { Length: > 0 } user ? new NetworkCredential(user, _settings.Password) : null,
        };
        try
        {
            await smtp.SendMailAsync(mail, cancellation).WaitAsync(cancellation);
            return AlertSendResult.Sent;
        }
        catch (SmtpException error) when (!cancellation.IsCancellationRequested)
        {
            return Read(error);
        }
    }

    // Replies of 500 and more are final (RFC 5321, 4.2.1); no reply at all is not. Where some of the receivers were taken, the mail went to them.
    private AlertSendResult Read(SmtpException error)
    {
        IReadOnlyList<SmtpException> failed = error is SmtpFailedRecipientsException { InnerExceptions: { Length: > 0 } several } ? several : [error];
        var said = $"The mail server {_settings.Host} did not take it: {string.Join(' ', failed.Select(static f => f.Message).Append(error.InnerException is SmtpException ? "" : error.InnerException?.Message ?? ""))}".TrimEnd();
        return error is SmtpFailedRecipientException && failed.Count < _settings.To.Count ? AlertSendResult.SentInPart(said)
            : failed.All(static f => (int)f.StatusCode >= 500) ? AlertSendResult.Refused(said)
            : AlertSendResult.Failed(said);
    }

    private static string Body(AlertMessage message)
    {
        var body = new StringBuilder();
        if (message.Text.Length > 0)
        {
            body.Append(message.Text).Append("\n\n");
        }

        foreach (var field in message.Fields)
        {
            body.Append(CultureInfo.InvariantCulture, $"{AlertText.Label(field.Key)}: {field.Value}\n");
        }

        if (message.Link is { } link)
        {
            body.Append(CultureInfo.InvariantCulture, $"Link: {link.AbsoluteUri}\n");
        }

        body.Append(CultureInfo.InvariantCulture, $"At: {message.OccurredAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z\nAlert: {message.Id}\n");
        return body.ToString().ReplaceLineEndings("\r\n");
    }
}
