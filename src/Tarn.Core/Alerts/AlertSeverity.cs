namespace Tarn.Core;

/// <summary>How much an alert matters, least first.</summary>
public enum AlertSeverity
{
    /// <summary>Good to know: it works again, it is tried again.</summary>
    Info,

    /// <summary>Something is not as promised, such as late.</summary>
    Warning,

    /// <summary>Something failed.</summary>
    Error,
}
