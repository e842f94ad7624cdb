namespace Tarn.Pipelines;

/// <summary>
/// Thrown by a task to say how its failure is to be treated: tried again no sooner than a given time, not tried again, or no failure
/// but a skip. Any other exception is a failure that is retried by the task's <see cref="RetryPolicy"/>; one whose
/// <c>Data["RetryAfter"]</c>, or that of an exception inside it, is a <see cref="TimeSpan"/> is treated as if made by <see cref="RetryLater"/>.
/// </summary>
public sealed class TaskException : Exception
{
    private TaskException(string message, TaskFailure failure, TimeSpan? retryAfter, Exception? inner)
        : base(message, inner)
    {
        Failure = failure;
        RetryAfter = retryAfter;
    }

    /// <summary>How the task ends.</summary>
    public TaskFailure Failure { get; }

    /// <summary>The shortest delay before the next attempt, or null.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>A failure after which the next attempt, if the retries allow one, comes no sooner than after <paramref name="delay"/> (HTTP's Retry-After).</summary>
    public static TaskException RetryLater(string message, TimeSpan delay, Exception? inner = null) =>
        new(message, TaskFailure.Retry, delay, inner);

    /// <summary>A failure that no further attempt can mend: the task fails at once, whatever retries are left.</summary>
    public static TaskException Final(string message, Exception? inner = null) => new(message, TaskFailure.Final, null, inner);

    /// <summary>There is nothing to do: the task is skipped, and with it the tasks that wait for it. The run does not fail by it.</summary>
    public static TaskException Skip(string reason) => new(reason, TaskFailure.Skip, null, null);

    /// <summary>
    /// What the task waits for has not come to pass: it lets go of its slots, and its code is called again after the delay, as the same attempt. The retries are not touched. Sensors do this by returning false.
    /// </summary>
    public static TaskException Defer(TimeSpan delay) => new($"Deferred for {delay}.", TaskFailure.Defer, delay, null);

    internal static TimeSpan? FindRetryAfter(Exception exception)
    {
        for (Exception? current = exception; current is not null; current = current.InnerException)
        {
            if (current is TaskException { RetryAfter: { } after })
            {
                return after;
            }

            if (current.Data["RetryAfter"] is TimeSpan given)
            {
                return given;
            }
        }

        return null;
    }
}

/// <summary>How a <see cref="TaskException"/> ends its task.</summary>
public enum TaskFailure
{
    /// <summary>Failed, and tried again while retries are left.</summary>
    Retry,

    /// <summary>Failed for good.</summary>
    Final,

    /// <summary>Skipped.</summary>
    Skip,

    /// <summary>Called again later, as the same attempt.</summary>
    Defer,
}
