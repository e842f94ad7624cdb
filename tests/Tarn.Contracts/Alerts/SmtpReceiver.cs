using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Tarn.Contracts;

/// <summary>A mail server, as far as a client that sends one message needs it (RFC 5321, AUTH LOGIN, STARTTLS), on a free port of this machine.</summary>
public sealed class SmtpReceiver : AlertReceiver
{
    private readonly List<string> _said = [];
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _sessions = [];
    private readonly X509Certificate2? _certificate;
    private readonly Task _serving;

    private SmtpReceiver(X509Certificate2? certificate)
    {
        _certificate = certificate;
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <inheritdoc/>
    public override int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>All lines that clients have said by now, in order.</summary>
    public IReadOnlyList<string> Said
    {
        get
        {
            lock (_said)
            {
                return [.. _said];
            }
        }
    }

    /// <summary>Starts one.</summary>
    /// <param name="certificate">What it shows after STARTTLS; null: it does not offer that.</param>
    public static SmtpReceiver Start(X509Certificate2? certificate = null) => new(certificate);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        await Task.WhenAll(_sessions);
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _sessions.Add(SessionAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    private async Task SessionAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                Arrive();
                await new Session(this, client.GetStream()).RunAsync(_stop.Token);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The client went away, or we end.
                return;
            }
        }
    }

    private sealed class Session(SmtpReceiver server, Stream stream)
    {
        private Stream _stream = stream;
        private bool _secure;

        public async Task RunAsync(CancellationToken stop)
        {
            if (server.Mood == ReceiverMood.Hangs)
            {
                await Task.Delay(Timeout.Infinite, stop);
            }

            if (server.Mood == ReceiverMood.Babbles)
            {
                await _stream.WriteAsync("\u0001\u0002 HTTP/1.1 blah\r\n\r\n\u0003"u8.ToArray(), stop);
                return;
            }

            await SayAsync(server.Mood == ReceiverMood.Broken ? "421 4.3.2 closing" : "220 test ESMTP", stop);
            while (await ReadLineAsync(stop) is { } line)
            {
                lock (server._said)
                {
                    server._said.Add(line);
                }

                if (!await AnswerAsync(line, stop))
                {
                    return;
                }
            }
        }

        private async Task<bool> AnswerAsync(string line, CancellationToken stop)
        {
            switch (line.Split(' ', 2)[0].ToUpperInvariant())
            {
                case "EHLO":
                    await SayAsync(server._certificate is not null && !_secure ? "250-test\r\n250-STARTTLS\r\n250 AUTH LOGIN" : "250-test\r\n250 AUTH LOGIN", stop);
                    break;
                case "STARTTLS":
                    await SayAsync("220 go ahead", stop);
                    var secured = new SslStream(_stream);
                    await secured.AuthenticateAsServerAsync(server._certificate!);
                    (_stream, _secure) = (secured, true);
                    break;
                case "AUTH":
                    await SayAsync("334 UGFzc3dvcmQ6", stop);
                    var password = await ReadLineAsync(stop);
                    await SayAsync(server.Mood == ReceiverMood.Refuses ? $"535 5.7.8 no{(server.Echoes ? $": {password} {Encoding.UTF8.GetString(Convert.FromBase64String(password!))}" : "")}" : "235 welcome", stop);
                    break;
                case "RCPT":
                    await SayAsync(server.Mood switch { ReceiverMood.Refuses => "550 5.1.1 no such user", ReceiverMood.Busy => "451 4.3.0 later", _ => line.Contains("<nobody@", StringComparison.Ordinal) ? "550 5.1.1 no such user" : "250 ok" }, stop);
                    break;
                case "DATA":
                    await SayAsync("354 go on", stop);
                    var mail = new StringBuilder();
                    while (await ReadLineAsync(stop) is { } text && text != ".")
                    {
                        mail.Append(text.StartsWith('.') ? text[1..] : text).Append("\r\n");
                    }

                    server.Take(mail.ToString());
                    await SayAsync("250 taken", stop);
                    break;
                case "QUIT":
                    await SayAsync("221 bye", stop);
                    return false;
                default:
                    await SayAsync("250 ok", stop);
                    break;
            }

            return true;
        }

        private ValueTask SayAsync(string reply, CancellationToken stop) => _stream.WriteAsync(Encoding.ASCII.GetBytes(reply + "\r\n"), stop);

        private async Task<string?> ReadLineAsync(CancellationToken stop)
        {
            var line = new List<byte>();
            var one = new byte[1];
            while (await _stream.ReadAsync(one, stop) == 1)
            {
                if (one[0] == '\n')
                {
                    return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
                }

                line.Add(one[0]);
            }

            return null;
        }
    }
}
