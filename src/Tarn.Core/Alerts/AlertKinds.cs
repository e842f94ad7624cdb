namespace Tarn.Core;

/// <summary>The kinds of alerts that have words of their own. The set is open: any other name is a kind, too.</summary>
public static class AlertKinds
{
    /// <summary>A run failed; usually <see cref="AlertSeverity.Error"/>.</summary>
    public const string Failure = "failure";

    /// <summary>An attempt failed and the task is tried again; usually <see cref="AlertSeverity.Info"/>.</summary>
    public const string Retry = "retry";

    /// <summary>It was not done when it had to be; usually <see cref="AlertSeverity.Warning"/>.</summary>
    public const string SlaMissed = "sla_missed";

    /// <summary>It succeeded after it had failed; usually <see cref="AlertSeverity.Info"/>. Takes back the console's notice of the same subject.</summary>
    public const string Recovered = "recovered";

    /// <summary>Sent by hand, to try a channel.</summary>
    public const string Test = "test";

    /// <summary>The title of an alert that brings none.</summary>
    internal static string TitleOf(string kind, string subject) => kind switch
    {
        Failure => $"{subject} failed",
        Retry => $"{subject} is tried again",
        SlaMissed => $"{subject} is late",
        Recovered => $"{subject} works again",
        Test => $"A test of {subject}",
        _ => $"{subject}: {kind.Replace('_', ' ')}",
    };
}

/// <summary>The names of an alert's fields that templates can name.</summary>
public static class AlertFields
{
    /// <summary>The run's id.</summary>
    public const string Run = "run";

    /// <summary>The task's name.</summary>
    public const string Task = "task";

    /// <summary>The attempt's number.</summary>
    public const string Attempt = "attempt";

    /// <summary>The data interval.</summary>
    public const string Interval = "interval";

    /// <summary>What went wrong.</summary>
    public const string Error = "error";

    /// <summary>A URL (http or https) where there is more; channels make a link of it.</summary>
    public const string Link = "link";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Run, Task, Attempt, Interval, Error, Link];
}
