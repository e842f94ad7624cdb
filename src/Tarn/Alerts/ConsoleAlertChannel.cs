using Tarn.Core;

namespace Tarn;

/// <summary>
/// Shows alerts as notices, in the console, the status and where the server was started: one a subject. A graver one replaces a lesser one, and what says that
/// it works again takes it back; else it goes after a day, and what is only good to know after ten minutes.
/// </summary>
internal sealed class ConsoleAlertChannel : AlertChannel
{
    private const int MostShown = 20;
    private const int MostText = 600;
    private static readonly TimeSpan Shown = TimeSpan.FromDays(1);
    private static readonly TimeSpan ShownInfo = TimeSpan.FromMinutes(10);

    private readonly Notices _notices;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (AlertSeverity Severity, DateTimeOffset Since, DateTimeOffset Until)> _shown = new(StringComparer.Ordinal);

    public ConsoleAlertChannel(string name, Notices notices, TimeProvider time, AlertChannelOptions? options = null)
        : base(name, options)
    {
        _notices = notices;
        _time = time;
        _timer = time.CreateTimer(static self => ((ConsoleAlertChannel)self!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public override string Type => "console";

    /// <inheritdoc/>
    protected override Task<AlertSendResult> DeliverAsync(AlertMessage message, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            foreach (var alert in message.Alerts.GroupBy(static a => a.Alert.Subject, StringComparer.Ordinal))
            {
                Show(alert.Last(), message.Alerts.Count == 1 ? Describe(message) : $"{alert.Last().Alert.Title} ({alert.Count()} alerts)");
            }

            while (_shown.Count > MostShown)
            {
                Take(_shown.MinBy(static s => s.Value.Since).Key);
            }

            Arm();
        }

        return Task.FromResult(AlertSendResult.Sent);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _timer.Dispose();

    private void Show(RecordedAlert recorded, string text)
    {
        var alert = recorded.Alert;
        var key = $"alert.{Name}.{alert.Subject}";
        if (alert.Kind == AlertKinds.Recovered)
        {
            Take(key);
            return;
        }

        if (_shown.TryGetValue(key, out var old) && old.Severity > alert.Severity)
        {
            return;
        }

        var now = _time.GetUtcNow();
        _shown[key] = (alert.Severity, now, now + (alert.Severity == AlertSeverity.Info ? ShownInfo : Shown));
        var level = alert.Severity switch { AlertSeverity.Error => NoticeLevel.Error, AlertSeverity.Warning => NoticeLevel.Warning, _ => NoticeLevel.Info };
        _notices.Set(key, level, text.Length > MostText ? string.Concat(text.AsSpan(0, MostText), "…") : text);
    }

    private void Take(string key)
    {
        _shown.Remove(key);
        _notices.Clear(key);
    }

    private void Expire()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            foreach (var key in _shown.Where(s => s.Value.Until <= now).Select(static s => s.Key).ToList())
            {
                Take(key);
            }

            Arm();
        }
    }

    private void Arm()
    {
        var wait = _shown.Count == 0 ? Timeout.InfiniteTimeSpan : _shown.Values.Min(static s => s.Until) - _time.GetUtcNow();
        _timer.Change(wait < TimeSpan.Zero && wait != Timeout.InfiniteTimeSpan ? TimeSpan.Zero : wait, Timeout.InfiniteTimeSpan);
    }

    private static string Describe(AlertMessage message)
    {
        var about = string.Join(", ", message.Fields.Select(static f => $"{f.Key} {f.Value}").Append($"alert {message.Id}"));
        var text = message.Text.ReplaceLineEndings(" ");
        return text.Length == 0 ? $"{message.Title} ({about})" : $"{message.Title}: {text} ({about})";
    }
}
