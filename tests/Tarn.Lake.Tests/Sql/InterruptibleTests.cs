using Xunit;

namespace Tarn.Lake.Tests;

/// <summary>Work that is interrupted, and what comes after it.</summary>
public sealed class InterruptibleTests
{
    [Fact]
    public void No_interrupt_outlives_the_work_for_which_it_was_meant()
    {
        using var cancel = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        using var over = new ManualResetEventSlim();
        var (interrupts, ended) = (0, 0);
        Interruptible.Run(
            () =>
            {
                // The work ends while it is being interrupted, and the interrupt takes long.
                Interlocked.Increment(ref interrupts);
                begun.Set();
                over.Wait(TestContext.Current.CancellationToken);
                Thread.SpinWait(2_000_000);
                Interlocked.Increment(ref ended);
            },
            () =>
            {
                cancel.Cancel();
                begun.Wait(TestContext.Current.CancellationToken);
                over.Set();
                return true;
            },
            cancel.Token);
        Assert.Equal(Volatile.Read(ref interrupts), Volatile.Read(ref ended));
    }

    [Fact]
    public void Work_is_interrupted_until_it_ends()
    {
        using var cancel = new CancellationTokenSource();
        using var third = new ManualResetEventSlim();
        var interrupts = 0;
        void Interrupt()
        {
            if (++interrupts == 3)
            {
                third.Set();
            }
        }

        Interruptible.Run(
            Interrupt,
            () =>
            {
                cancel.Cancel();
                third.Wait(TestContext.Current.CancellationToken);
                return true;
            },
            cancel.Token);
        Assert.Throws<OperationCanceledException>(() => Interruptible.Run(Interrupt, static () => true, cancel.Token));
    }
}
