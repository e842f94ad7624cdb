namespace Tarn.Core;

/// <summary>
/// A way to tell people. The port of the log, the console, webhooks, chats and mail.
/// </summary>
/// <remarks>
/// An implementation sends one message at a time and promises: it says <see cref="AlertSendResult.Sent"/> only where the receiver took the message; it ends
/// soon after it is cancelled; it escapes all that a message brings as plain text; it names all its secrets to the base class, which keeps them
/// out of errors.
/// </remarks>
public abstract class AlertChannel : IDisposable
{
    private readonly AlertSecrets _secrets;

    /// <summary>For implementations.</summary>
    /// <param name="name">Its name: 1 to 64 lower-case letters, digits, hyphens and underscores.</param>
    /// <param name="options">What every channel can be told; null for the defaults.</param>
    /// <param name="secrets">Texts that are never shown: tokens, passwords, URLs that are keys.</param>
    /// <exception cref="TarnException">The name is not of that form.</exception>
    protected AlertChannel(string name, AlertChannelOptions? options = null, IEnumerable<string>? secrets = null)
    {
        if (!IsName(name))
        {
            throw TarnException.InvalidInput(NameRule, name);
        }

        Name = name;
        Options = options ?? new AlertChannelOptions();
        _secrets = new AlertSecrets(secrets ?? []);
    }

    /// <summary>The rule of names, as a sentence.</summary>
    public static string NameRule => "An alert channel is named by 1 to 64 lower-case letters, digits, hyphens and underscores.";

    /// <summary>Its name, by which pipelines and people call it.</summary>
    public string Name { get; }

    /// <summary>What kind of channel it is: <c>log</c>, <c>console</c>, <c>webhook</c>, <c>discord</c>, <c>slack</c>, <c>email</c>.</summary>
    public abstract string Type { get; }

    /// <summary>What every channel can be told.</summary>
    public AlertChannelOptions Options { get; }

    /// <summary>Whether a text may be a channel's name.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');

    /// <summary>Makes plain text safe in this channel's form; default: as it is.</summary>
    public virtual string Escape(string value) => value;

    /// <summary>Sends a message, within <see cref="AlertChannelOptions.Timeout"/>. What goes wrong is in the result, without secrets.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<AlertSendResult> SendAsync(AlertMessage message, TimeProvider time, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(Options.Timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            return (await DeliverAsync(message, stop.Token)).Saying(Tidy);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return AlertSendResult.Failed($"No answer within {Options.Timeout.TotalSeconds:0.#} seconds.");
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Whatever a channel throws is its failure, and no one else's: it is told and tried again.
            cancellation.ThrowIfCancellationRequested();
            return AlertSendResult.Failed(Tidy(Describe(error)));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The same text without this channel's secrets.</summary>
    public string Hide(string text) => _secrets.Hide(text);

    /// <summary>Sends a message. May throw: that is a failure that is tried again.</summary>
    protected abstract Task<AlertSendResult> DeliverAsync(AlertMessage message, CancellationToken cancellation);

    /// <summary>Lets go of connections.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    private static string Describe(Exception error) =>
        error.InnerException is { } inner && !error.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{error.Message} {inner.Message}" : error.Message;

    private string Tidy(string text) => AlertText.Shorten(AlertText.OneLine(Hide(text)), 500);
}
