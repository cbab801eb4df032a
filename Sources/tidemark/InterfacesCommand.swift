import ArgumentParser
import Capture

struct InterfacesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interfaces",
        abstract: "List what can be captured, and whether the caller may.")

    func run() throws {
        let interfaces: [CaptureInterface]
        do throws(CaptureError) {
            interfaces = try CaptureInterface.all()
        } catch {
            throw StandardError.exit(error)
        }
        let width = interfaces.map(\.name.count).max() ?? 0
        for interface in interfaces {
            let name = interface.name + String(repeating: " ", count: width - interface.name.count)
            print("\(name)  \(Self.state(of: interface))")
        }
        if let problem = CaptureInterface.permissionProblem {
            StandardError.say("you may not capture: \(problem); \(CaptureInterface.permissionAdvice)")
        } else {
            StandardError.say("you may capture on these interfaces")
        }
    }

    private static func state(of interface: CaptureInterface) -> String {
        var words = [interface.isUp ? (interface.isRunning ? "running" : "up") : "down"]
        if interface.isLoopback { words.append("loopback") }
        if interface.isWireless { words.append("wireless") }
        words += interface.addresses
        if let summary = interface.summary { words.append("(\(summary))") }
        return words.joined(separator: " ")
    }
}
