using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn;

/// <summary>The section <c>Alerts</c>, read and checked: channels, the default ones, words, and how alerts are delivered.</summary>
internal sealed class AlertPlan
{
    private const string Section = "Alerts";
    private const string ChannelsKey = "Channels";
    private const string DefaultKey = "Default";
    private const string TemplatesKey = "Templates";
    private const string ConsoleUrlKey = "ConsoleUrl";
    private const string None = "none";

    private static readonly string[] Types = ["log", "console", "webhook", "discord", "slack", "email"];

    private readonly List<Func<AlertChannelParts, AlertChannel>> _channels = [];
    private readonly Dictionary<string, AlertWording> _wordings = new(StringComparer.Ordinal);
    private IReadOnlyList<string> _defaults = [];
    private Uri? _consoleUrl;

    private AlertPlan(AlertDeliveryOptions delivery) => Delivery = delivery;

    public AlertDeliveryOptions Delivery { get; }

    /// <summary>Reads the section; what is wrong goes to the errors, all of it.</summary>
    public static AlertPlan Read(IConfiguration configuration, List<OptionError> errors)
    {
        var section = configuration.GetSection(Section);
        var delivery = OptionsReader.Read<AlertDeliveryOptions>(section, errors, ChannelsKey, DefaultKey, TemplatesKey, ConsoleUrlKey);
        errors.AddRange(delivery.Errors().Select(static e => new OptionError(Section, null, e)));
        if (section[nameof(AlertDeliveryOptions.JitterSeed)] is null)
        {
            delivery.JitterSeed = Random.Shared.Next();
        }

        var plan = new AlertPlan(delivery);
        var names = plan.ReadChannels(section.GetSection(ChannelsKey), errors);
        plan.ReadDefaults(section.GetSection(DefaultKey), names, errors);
        plan.ReadTemplates(section.GetSection(TemplatesKey), errors);
        if (section[ConsoleUrlKey] is { Length: > 0 } url && (!Uri.TryCreate(url, UriKind.Absolute, out plan._consoleUrl) || plan._consoleUrl.Scheme is not ("http" or "https")))
        {
            errors.Add(new OptionError($"{Section}:{ConsoleUrlKey}", url, "It is the http or https URL of the console, as in https://tarn.example.org."));
        }

        return plan;
    }

    public AlertChannels Build(AlertChannelParts parts) => new(_channels.Select(c => c(parts)).Concat(parts.Own), _defaults, _wordings) { ConsoleUrl = _consoleUrl };

    public static AlertWording Wording(string? title, string? text) => new()
    {
        Title = title is null ? null : AlertTemplate.Parse(title),
        Text = text is null ? null : AlertTemplate.Parse(text),
    };

    private List<string> ReadChannels(IConfigurationSection section, List<OptionError> errors)
    {
        var names = new List<string>();
        foreach (var child in section.GetChildren())
        {
            var name = child.Key.ToLowerInvariant();
            names.Add(name);
            if (!AlertChannel.IsName(name))
            {
                errors.Add(new OptionError(child.Path, null, AlertChannel.NameRule));
                continue;
            }

            var found = errors.Count;
            var make = ReadChannel(child, name, (child["Type"] ?? name).Trim().ToLowerInvariant(), errors);
            if (make is not null && errors.Count == found)
            {
                _channels.Add(make);
            }
        }

        foreach (var name in new[] { "log", "console" }.Where(n => !names.Contains(n, StringComparer.Ordinal)))
        {
            names.Add(name);
            _channels.Add(name == "log" ? static p => new LogAlertChannel("log", p.Loggers, AtOnce) : static p => new ConsoleAlertChannel("console", p.Notices, p.Time, AtOnce));
        }

        return names;
    }

    // Nobody is woken by a line or a notice: each is there at once.
    private static AlertChannelOptions AtOnce => new ChannelSettings().ToOptions(TimeSpan.Zero);

    private Func<AlertChannelParts, AlertChannel>? ReadChannel(IConfigurationSection section, string name, string type, List<OptionError> errors)
    {
        var minute = new AlertChannelOptions().GroupWindow;
        switch (type)
        {
            case "log" or "console":
                var local = Read<ChannelSettings>(section, TimeSpan.Zero, errors);
                return p => type == "log" ? new LogAlertChannel(name, p.Loggers, local.ToOptions(TimeSpan.Zero)) : new ConsoleAlertChannel(name, p.Notices, p.Time, local.ToOptions(TimeSpan.Zero));
            case "discord":
                var discord = Read<UrlChannelSettings>(section, minute, errors);
                return p => new DiscordAlertChannel(name, discord.Url!, p.Time, discord.ToOptions(minute));
            case "slack":
                var slack = Read<UrlChannelSettings>(section, minute, errors);
                return p => new SlackAlertChannel(name, slack.Url!, p.Time, slack.ToOptions(minute));
            case "webhook":
                var webhook = Read<WebhookChannelSettings>(section, minute, errors, "Headers");
                var headers = ReadHeaders(section.GetSection("Headers"), errors);
                return p => new WebhookAlertChannel(name, new WebhookSettings { Url = webhook.Url!, Secret = webhook.Secret, Headers = headers }, p.Time, webhook.ToOptions(minute));
            case "email":
                var email = Read<EmailChannelSettings>(section, minute, errors);
                return _ => new EmailAlertChannel(
                    name,
                    new EmailSettings { Host = email.Host!, Port = email.Port, StartTls = email.StartTls, User = email.User, Password = email.Password, From = email.From!, To = email.To },
                    email.ToOptions(minute));
            default:
                errors.Add(new OptionError($"{section.Path}:Type", section["Type"], $"It is one of {string.Join(", ", Types)}; a channel that is named as one of them needs none."));
                return null;
        }
    }

    private T Read<T>(IConfigurationSection section, TimeSpan window, List<OptionError> errors, params string[] others)
        where T : ChannelSettings, new()
    {
        var settings = OptionsReader.Read<T>(section, errors, [.. others, "Type"]);
        if (Delivery.WindowRuleBrokenBy(settings.GroupWindow ?? window) is { } rule)
        {
            var key = $"{section.Path}:{nameof(ChannelSettings.GroupWindow)}";
            errors.Add(new OptionError(key, section[nameof(ChannelSettings.GroupWindow)], rule));
        }

        return settings;
    }

    private static Dictionary<string, string> ReadHeaders(IConfigurationSection section, List<OptionError> errors)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            var value = child.Value ?? "";
            if (WebhookAlertChannel.HeaderRuleBrokenBy(child.Key, value) is { } rule)
            {
                errors.Add(new OptionError(child.Path, value, rule));
            }

            headers[child.Key] = value;
        }

        return headers;
    }

    private void ReadDefaults(IConfigurationSection section, List<string> names, List<OptionError> errors)
    {
        var given = section.Value?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [.. section.GetChildren().Select(static c => c.Value ?? "")];
        var wanted = given.Select(static n => n.ToLowerInvariant()).ToList();
        foreach (var unknown in wanted.Where(n => n != None && !names.Contains(n, StringComparer.Ordinal)))
        {
            errors.Add(new OptionError(section.Path, unknown, $"There is no alert channel of that name; there are {string.Join(", ", names)}. `none` is for no channel at all."));
        }

        _defaults = wanted.Count == 0 ? ["log", "console"] : [.. wanted.Where(n => n != None && names.Contains(n, StringComparer.Ordinal))];
    }

    private void ReadTemplates(IConfigurationSection section, List<OptionError> errors)
    {
        foreach (var kind in section.GetChildren())
        {
            foreach (var template in kind.GetChildren())
            {
                if (template.Key.ToUpperInvariant() is not ("TITLE" or "TEXT"))
                {
                    errors.Add(new OptionError(template.Path, template.Value, "No such key; those of a kind of alerts are Title, Text."));
                }
                else if (AlertTemplate.RuleBrokenBy(template.Value ?? "") is { } rule)
                {
                    errors.Add(new OptionError(template.Path, template.Value, rule));
                }
            }

            if (!errors.Exists(e => e.Key.StartsWith(kind.Path, StringComparison.OrdinalIgnoreCase)))
            {
                _wordings[kind.Key.ToLowerInvariant()] = Wording(kind["Title"], kind["Text"]);
            }
        }
    }
}

/// <summary>What channels are made of beside their settings, and those that the program brings itself.</summary>
internal sealed record AlertChannelParts(ILoggerFactory Loggers, Notices Notices, TimeProvider Time, IReadOnlyList<AlertChannel> Own);
