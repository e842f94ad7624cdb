using Microsoft.Extensions.Logging;

namespace Tarn.Core;

/// <summary>Writes alerts into the program's log, a line each, under the category <c>Tarn.Alerts</c>.</summary>
public sealed partial class LogAlertChannel : AlertChannel
{
    private readonly ILogger _logger;

    /// <summary>A channel into the log.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="loggers">The log.</param>
    /// <param name="options">What every channel can be told; null for the defaults.</param>
    public LogAlertChannel(string name, ILoggerFactory loggers, AlertChannelOptions? options = null)
        : base(name, options) => _logger = loggers.CreateLogger("Tarn.Alerts");

    /// <inheritdoc/>
    public override string Type => "log";

    /// <inheritdoc/>
    protected override Task<AlertSendResult> DeliverAsync(AlertMessage message, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var level = message.Severity switch
        {
            AlertSeverity.Error => LogLevel.Error,
            AlertSeverity.Warning => LogLevel.Warning,
            _ => LogLevel.Information,
        };
        var text = AlertText.OneLine(message.Text);
        var parts = message.Fields.Select(static f => $"{f.Key}={AlertText.OneLine(f.Value)}").Prepend(text).Append(message.Link?.AbsoluteUri ?? "").Where(static p => p.Length > 0);
        LogAlert(_logger, level, message.Title, string.Join(" | ", parts), message.Id);
        return Task.FromResult(AlertSendResult.Sent);
    }

    [LoggerMessage(EventId = 1020, Message = "Alert: {Title} | {Text} (alert {Id})")]
    private static partial void LogAlert(ILogger logger, LogLevel level, string title, string text, string id);
}
