using System.Runtime.InteropServices;

namespace Tarn;

/// <summary>Ctrl-C and SIGTERM as a token, where the process is the program's own.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly List<PosixSignalRegistration> _registrations = [];

    private StopSignals(CancellationToken cancellation) => _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

    public CancellationToken Token => _stop.Token;

    public static StopSignals Link(ProgramSurroundings surroundings, CancellationToken cancellation)
    {
        var signals = new StopSignals(cancellation);
        if (surroundings.OwnsProcess)
        {
            signals._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, signals.Handle));
            signals._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signals.Handle));
            signals._registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, signals.Handle));
        }

        return signals;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _stop.Dispose();
    }

    // The first signal asks for an orderly stop; the second one takes the system's default, which ends the process.
    private void Handle(PosixSignalContext context)
    {
        if (!_stop.IsCancellationRequested)
        {
            context.Cancel = true;
            _stop.Cancel();
        }
    }
}
