using System.ComponentModel.DataAnnotations;
using Tarn.Core;

namespace Tarn;

/// <summary>What the configuration can say of any channel.</summary>
internal class ChannelSettings : IValidatableObject
{
    public string? Title { get; set; }

    public string? Text { get; set; }

    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan? GroupWindow { get; set; }

    [Range(1, 10_000)]
    public int MessagesPerMinute { get; set; } = new AlertChannelOptions().MessagesPerMinute;

    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Timeout { get; set; } = new AlertChannelOptions().Timeout;

    public virtual IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, template) in new[] { (nameof(Title), Title), (nameof(Text), Text) })
        {
            if (template is not null && AlertTemplate.RuleBrokenBy(template) is { } rule)
            {
                yield return new ValidationResult(rule, [name]);
            }
        }
    }

    /// <summary>The channel's options.</summary>
    /// <param name="window">Its window where none is configured.</param>
    public AlertChannelOptions ToOptions(TimeSpan window) => new()
    {
        Wording = AlertPlan.Wording(Title, Text),
        GroupWindow = GroupWindow ?? window,
        MessagesPerMinute = MessagesPerMinute,
        Timeout = Timeout,
    };
}

/// <summary>A channel that posts to a URL.</summary>
internal class UrlChannelSettings : ChannelSettings
{
    [Required]
    public Uri? Url { get; set; }

    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        base.Validate(validationContext).Concat(Url is { Scheme: not ("http" or "https") } ? [new ValidationResult("It is an http or https URL.", [nameof(Url)])] : []);
}

/// <summary>A channel of type <c>webhook</c>; its headers are read apart.</summary>
internal sealed class WebhookChannelSettings : UrlChannelSettings
{
    public string? Secret { get; set; }
}

/// <summary>A channel of type <c>email</c>.</summary>
internal sealed class EmailChannelSettings : ChannelSettings
{
    [Required]
    public string? Host { get; set; }

    [Range(1, 65_535)]
    public int Port { get; set; } = 587;

    public bool StartTls { get; set; } = true;

    public string? User { get; set; }

    public string? Password { get; set; }

    [Required]
    public string? From { get; set; }

    public string[] To { get; set; } = [];

    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var result in base.Validate(validationContext))
        {
            yield return result;
        }

        if (To.Length == 0)
        {
            yield return new ValidationResult("It has to be set: one mail address, or several with commas.", [nameof(To)]);
        }

        foreach (var (name, address) in To.Select(static a => (nameof(To), a)).Prepend((nameof(From), From!)))
        {
            if (!System.Net.Mail.MailAddress.TryCreate(address, out _))
            {
                yield return new ValidationResult("It is a mail address, as in alerts@example.org.", [name]);
            }
        }

        if (User is null != Password is null)
        {
            yield return new ValidationResult("User and Password are given together, or neither is.", [User is null ? nameof(User) : nameof(Password)]);
        }

        if (Password is not null && !StartTls && !IsThisMachine(Host!))
        {
            yield return new ValidationResult("A password goes to another machine only over STARTTLS.", [nameof(StartTls)]);
        }
    }

    private static bool IsThisMachine(string host) => host == "localhost" || (System.Net.IPAddress.TryParse(host, out var address) && System.Net.IPAddress.IsLoopback(address));
}
